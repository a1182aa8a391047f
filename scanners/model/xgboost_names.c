/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/model/xgboost_names.h"

#include <string.h>

#include "assay/attr.h"

static const char *const objectives[] = {
	"binary:hinge", "binary:logistic", "binary:logitraw", "count:poisson", "gpu:binary:logistic", "gpu:binary:logitraw",
	"gpu:reg:linear", "gpu:reg:logistic", "multi:softmax", "multi:softprob", "rank:map", "rank:ndcg", "rank:pairwise",
	"reg:absoluteerror", "reg:expectileerror", "reg:gamma", "reg:linear", "reg:logistic", "reg:pseudohubererror",
	"reg:quantileerror", "reg:squarederror", "reg:squaredlogerror", "reg:tweedie", "survival:aft", "survival:cox"
};

static const char *const blocks[] = {
	"aft_loss_param", "expectile_loss_param", "lambda_rank_param", "lambdarank_param", "poisson_regression_param",
	"pseudo_huber_param", "pseduo_huber_param", "quantile_loss_param", "reg_loss_param", "softmax_multiclass_param",
	"tweedie_regression_param"
};

static const char *const settings[] = {
	"aft_loss_distribution", "aft_loss_distribution_scale", "expectile_alpha", "fix_list_weight", "huber_slope",
	"lambdarank_bias_norm", "lambdarank_normalization", "lambdarank_num_pair_per_sample", "lambdarank_pair_method",
	"lambdarank_score_normalization", "lambdarank_unbiased", "max_delta_step", "ndcg_exp_gain", "num_class", "num_pairsample",
	"quantile_alpha", "scale_pos_weight", "tweedie_variance_power"
};

static const char *const feature_types[] = {"float", "int", "i", "q", "c"};

/* Without a number or "-" that may follow "@". */
static const char *const metrics[] = {
	"aft-nloglik", "ams", "auc", "aucpr", "cox-nloglik", "error", "expectile", "gamma-deviance", "gamma-nloglik",
	"interval-regression-accuracy", "logloss", "mae", "map", "mape", "merror", "mlogloss", "mphe", "ndcg", "poisson-nloglik", "pre",
	"quantile", "rmse", "rmsle", "tweedie-nloglik"
};

static bool among(const char *const *list, size_t count, const char *text, size_t len)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(list[i]) == len && strncmp(list[i], text, len) == 0)
			return true;
	return false;
}

bool ay_xgb_objective_known(const char *name)
{
	return among(objectives, AY_ARRAY_LEN(objectives), name, strlen(name));
}

bool ay_xgb_objective_block_known(const char *key, size_t len)
{
	return among(blocks, AY_ARRAY_LEN(blocks), key, len);
}

bool ay_xgb_objective_setting_known(const char *key, size_t len)
{
	return among(settings, AY_ARRAY_LEN(settings), key, len);
}

bool ay_xgb_feature_type_known(const char *name)
{
	return among(feature_types, AY_ARRAY_LEN(feature_types), name, strlen(name));
}

bool ay_xgb_metric_known(const char *name)
{
	size_t len = strcspn(name, "@-");

	/* Some have a dash of their own. */
	if (among(metrics, AY_ARRAY_LEN(metrics), name, strcspn(name, "@")))
		return strspn(name + strcspn(name, "@"), "@0123456789.-") == strlen(name + strcspn(name, "@"));
	return among(metrics, AY_ARRAY_LEN(metrics), name, len) && strcmp(name + len, "-") == 0;
}
