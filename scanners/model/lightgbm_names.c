/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/model/lightgbm_names.h"

#include <stddef.h>
#include <string.h>

#include "assay/attr.h"

static const char *const objectives[] = {
	"binary", "cross_entropy", "cross_entropy_lambda", "custom", "fair", "gamma", "huber", "lambdarank", "mape", "multiclass",
	"multiclassova", "none", "poisson", "quantile", "rank_xendcg", "regression", "regression_l1", "tweedie", "xendcg", "xentlambda",
	"xentropy"
};

static const char *const objective_settings[] = {"alpha", "fair_c", "max_position", "num_class", "sigmoid", "tweedie_variance_power"};

static const char *const inputs[] = {
	"forcedbins_filename", "forcedsplits_filename", "initscore_filename", "input_model", "machine_list_filename", "machines",
	"parser_config_file", "valid_data_initscores"
};

static const char *const data[] = {"data", "valid"};

static const char *const outputs[] = {"convert_model", "output_model", "output_result"};

static const char *const plain[] = {
	"alpha", "auc_mu_weights", "bagging_by_query", "bagging_fraction", "bagging_freq", "bagging_seed",
	"bin_construct_sample_cnt", "boost_from_average", "boosting", "boosting_type", "cat_l2", "cat_smooth",
	"categorical_feature", "cegb_penalty_feature_coupled", "cegb_penalty_feature_lazy", "cegb_penalty_split",
	"cegb_tradeoff", "convert_model_language", "data_random_seed", "data_sample_strategy", "deterministic", "device_type",
	"drop_rate", "drop_seed", "early_stopping_min_delta", "early_stopping_round", "enable_bundle",
	"enable_load_from_binary_file", "eval_at", "extra_seed", "extra_trees", "fair_c", "feature_contri",
	"feature_fraction", "feature_fraction_bynode", "feature_fraction_seed", "feature_pre_filter", "first_metric_only",
	"force_col_wise", "force_row_wise", "gpu_device_id", "gpu_device_id_list", "gpu_platform_id", "gpu_use_dp",
	"group_column", "header", "histogram_pool_size", "ignore_column", "interaction_constraints", "is_enable_sparse",
	"is_provide_training_metric", "is_unbalance", "label_column", "label_gain", "lambda_l1", "lambda_l2",
	"lambdamart_norm", "lambdarank_norm", "lambdarank_position_bias_regularization", "lambdarank_truncation_level",
	"learning_rate", "linear_lambda", "linear_tree", "local_listen_port", "max_bin", "max_bin_by_feature",
	"max_cat_threshold", "max_cat_to_onehot", "max_conflict_rate", "max_delta_step", "max_depth", "max_drop",
	"max_position", "metric", "metric_freq", "min_data_in_bin", "min_data_in_leaf", "min_data_per_group",
	"min_gain_to_split", "min_sum_hessian_in_leaf", "monotone_constraints", "monotone_constraints_method",
	"monotone_penalty", "multi_error_top_k", "neg_bagging_fraction", "num_class", "num_gpu", "num_grad_quant_bins",
	"num_iteration_predict", "num_iterations", "num_leaves", "num_machines", "num_threads", "objective", "objective_seed",
	"other_rate", "path_smooth", "poisson_max_delta_step", "pos_bagging_fraction", "pre_partition",
	"precise_float_parser", "pred_early_stop", "pred_early_stop_freq", "pred_early_stop_margin", "predict_contrib",
	"predict_leaf_index", "predict_raw_score", "quant_train_renew_leaf", "refit_decay_rate", "reg_sqrt", "save_binary",
	"saved_feature_importance_type", "scale_pos_weight", "seed", "sigmoid", "skip_drop", "snapshot_freq",
	"sparse_threshold", "stochastic_rounding", "task", "time_out", "top_k", "top_rate", "tree_learner",
	"tweedie_variance_power", "two_round", "uniform_drop", "use_missing", "use_quantized_grad", "verbosity",
	"weight_column", "xgboost_dart_mode", "zero_as_missing"
};

static bool among(const char *const *list, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i], name) == 0)
			return true;
	return false;
}

bool ay_lgb_objective_known(const char *name)
{
	return among(objectives, AY_ARRAY_LEN(objectives), name);
}

bool ay_lgb_objective_setting_known(const char *name)
{
	return among(objective_settings, AY_ARRAY_LEN(objective_settings), name);
}

enum ay_lgb_parameter ay_lgb_parameter_kind(const char *name)
{
	if (among(inputs, AY_ARRAY_LEN(inputs), name))
		return AY_LGB_INPUT;
	if (among(data, AY_ARRAY_LEN(data), name))
		return AY_LGB_DATA;
	if (among(outputs, AY_ARRAY_LEN(outputs), name))
		return AY_LGB_OUTPUT;
	return among(plain, AY_ARRAY_LEN(plain), name) ? AY_LGB_PLAIN : AY_LGB_UNKNOWN;
}
