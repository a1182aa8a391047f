/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/model/config_names.h"

#include <string.h>

#include "assay/attr.h"
#include "assay/limits.h"

static bool one_of(const char *text, size_t len, const char *const *list)
{
	for (; *list; list++)
		if (strlen(*list) == len && memcmp(*list, text, len) == 0)
			return true;
	return false;
}

/* What stands behind the prefix, or 0. */
static size_t behind(const char *text, size_t len, const char *prefix)
{
	size_t n = strlen(prefix);

	return len > n && memcmp(text, prefix, n) == 0 ? n : 0;
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool ay_config_identifier(const char *text, size_t len)
{
	if (len == 0 || len > AY_LIMIT_COMPONENT || !is_letter(text[0]))
		return false;
	for (size_t i = 1; i < len; i++)
		if (!is_letter(text[i]) && text[i] != '_' && !(text[i] >= '0' && text[i] <= '9'))
			return false;
	return true;
}

bool ay_config_inner_path(const char *text, size_t len)
{
	size_t start = 0;

	if (len == 0 || len > AY_LIMIT_PATH || text[0] == '/')
		return false;
	for (size_t i = 0; i <= len; i++) {
		if (i < len && ((unsigned char)text[i] < 0x20 || text[i] == '\\' || text[i] == ':' || text[i] == 0x7f))
			return false;
		if (i < len && text[i] != '/')
			continue;
		if (i - start == 2 && text[start] == '.' && text[start + 1] == '.')
			return false;
		start = i + 1;
	}
	return true;
}

bool ay_config_index_library(const char *text, size_t len)
{
	static const char *const known[] = {
		"diffusers", "transformers", "onnxruntime", "stable_diffusion", "stable_diffusion_safe", "stable_diffusion_xl", "stable_diffusion_3",
		"paint_by_example", "latent_diffusion", "deepfloyd_if", "kandinsky", "wuerstchen", "unidiffuser", "shap_e", "stable_cascade",
		"audioldm", "audioldm2", "musicldm", NULL
	};

	return one_of(text, len, known);
}

bool ay_config_peft_library(const char *text, size_t len)
{
	size_t at = behind(text, len, "transformers.models.");

	if (len == 12 && memcmp(text, "transformers", 12) == 0)
		return true;
	if (!at)
		return false;
	while (at <= len) {
		const char *dot = memchr(text + at, '.', len - at);
		size_t end = dot ? (size_t)(dot - text) : len;

		if (!ay_config_identifier(text + at, end - at))
			return false;
		at = end + 1;
	}
	return true;
}

bool ay_config_sentence_module(const char *text, size_t len)
{
	static const char *const dense[] = {
		"Asym", "BoW", "CLIPModel", "CNN", "Dense", "Dropout", "LSTM", "LayerNorm", "Normalize", "Pooling", "Router", "StaticEmbedding",
		"Transformer", "WKPooling", "WeightedLayerPooling", "WordEmbeddings", "WordWeights", NULL
	};
	static const char *const sparse[] = {"MLMTransformer", "SparseAutoEncoder", "SparseStaticEmbedding", "SpladePooling", NULL};
	size_t at = behind(text, len, "sentence_transformers.models.");

	if (at)
		return one_of(text + at, len - at, dense);
	at = behind(text, len, "sentence_transformers.sparse_encoder.models.");
	return at && one_of(text + at, len - at, sparse);
}

bool ay_config_activation(const char *text, size_t len)
{
	static const char *const classes[] = {
		"ELU", "GELU", "Hardswish", "Hardtanh", "LeakyReLU", "LogSigmoid", "Mish", "PReLU", "ReLU", "ReLU6", "SELU", "SiLU", "Sigmoid",
		"Softmax", "Softplus", "Softsign", "Tanh", NULL
	};
	size_t at = behind(text, len, "torch.nn.modules.activation.");

	if (at)
		return one_of(text + at, len - at, classes);
	at = behind(text, len, "torch.nn.modules.linear.");
	return at && len - at == 8 && memcmp(text + at, "Identity", 8) == 0;
}

bool ay_config_hydra_target(const char *text, size_t len)
{
	static const char *const classes[] = {
		"torch.optim.SGD", "torch.optim.Adam", "torch.optim.AdamW", "torch.optim.RMSprop", "torch.optim.Adagrad",
		"torch.optim.lr_scheduler.StepLR", "torch.optim.lr_scheduler.CosineAnnealingLR", "torch.optim.lr_scheduler.ReduceLROnPlateau",
		"torch.optim.lr_scheduler.ExponentialLR", "torch.optim.lr_scheduler.LinearLR", "torch.nn.Linear", "torch.nn.ReLU", "torch.nn.GELU",
		"torch.nn.SiLU", "torch.nn.Tanh", "torch.nn.Sigmoid", "torch.nn.Identity", "torch.nn.LayerNorm", "torch.nn.Dropout", "torch.nn.Conv2d",
		"torch.nn.BatchNorm2d", "torch.nn.Embedding", "torch.nn.CrossEntropyLoss", "torch.nn.MSELoss", "torch.nn.BCEWithLogitsLoss", NULL
	};

	return one_of(text, len, classes);
}

bool ay_config_mlflow_loader(const char *text, size_t len)
{
	static const char *const modules[] = {
		"mlflow.sklearn", "mlflow.pytorch", "mlflow.tensorflow", "mlflow.keras", "mlflow.xgboost", "mlflow.lightgbm", "mlflow.catboost", "mlflow.onnx",
		"mlflow.transformers", "mlflow.sentence_transformers", "mlflow.statsmodels", "mlflow.prophet", "mlflow.pmdarima", "mlflow.spacy", "mlflow.fastai",
		"mlflow.h2o", "mlflow.paddle", "mlflow.spark", NULL
	};

	return one_of(text, len, modules);
}

bool ay_config_mlflow_flavor(const char *text, size_t len)
{
	static const char *const flavors[] = {
		"python_function", "sklearn", "pytorch", "tensorflow", "keras", "xgboost", "lightgbm", "catboost", "onnx", "transformers",
		"sentence_transformers", "statsmodels", "prophet", "pmdarima", "spacy", "fastai", "h2o", "paddle", "spark", NULL
	};

	return one_of(text, len, flavors);
}

bool ay_config_triton_backend(const char *text, size_t len)
{
	static const char *const backends[] = {"onnxruntime", "tensorrt", "pytorch", "tensorflow", "openvino", "fil", "identity", NULL};

	return one_of(text, len, backends);
}

bool ay_config_triton_platform(const char *text, size_t len)
{
	static const char *const platforms[] = {
		"onnxruntime_onnx", "tensorrt_plan", "pytorch_libtorch", "tensorflow_graphdef", "tensorflow_savedmodel", "ensemble", NULL
	};

	return one_of(text, len, platforms);
}

bool ay_config_mxnet_operator(const char *text, size_t len)
{
	static const char *const operators[] = {
		"null", "Activation", "BatchNorm", "BlockGrad", "BilinearSampler", "Cast", "Concat", "Convolution", "Convolution_v1", "Crop",
		"CTCLoss", "Deconvolution", "Dropout", "Embedding", "Flatten", "FullyConnected", "GridGenerator", "GroupNorm",
		"IdentityAttachKLSparseReg", "InstanceNorm", "L2Normalization", "LRN", "LayerNorm", "LeakyReLU", "LinearRegressionOutput",
		"LogisticRegressionOutput", "MAERegressionOutput", "MakeLoss", "Pad", "Pooling", "Pooling_v1", "RNN", "ROIPooling", "Reshape",
		"SVMOutput", "SequenceLast", "SequenceMask", "SequenceReverse", "SliceChannel", "Softmax", "SoftmaxActivation", "SoftmaxOutput",
		"SpatialTransformer", "SwapAxis", "UpSampling", "abs", "arccos", "arcsin", "arctan", "argmax", "argmax_channel", "argmin", "argsort",
		"batch_dot", "batch_take", "broadcast_add", "broadcast_axis", "broadcast_div", "broadcast_equal", "broadcast_greater",
		"broadcast_greater_equal", "broadcast_hypot", "broadcast_lesser", "broadcast_lesser_equal", "broadcast_like", "broadcast_maximum",
		"broadcast_minimum", "broadcast_mod", "broadcast_mul", "broadcast_not_equal", "broadcast_power", "broadcast_sub", "broadcast_to",
		"cast", "cast_storage", "cbrt", "ceil", "clip", "cos", "cosh", "degrees", "depth_to_space", "diag", "dot", "elemwise_add",
		"elemwise_div", "elemwise_mul", "elemwise_sub", "erf", "exp", "expand_dims", "expm1", "flatten", "floor", "gather_nd", "hard_sigmoid",
		"identity", "log", "log10", "log1p", "log2", "log_softmax", "logical_not", "max", "max_axis", "mean", "min", "min_axis", "negative",
		"norm", "ones_like", "one_hot", "pad", "pick", "prod", "radians", "rcbrt", "reciprocal", "relu", "repeat", "reshape", "reshape_like",
		"reverse", "rint", "round", "rsqrt", "shape_array", "sigmoid", "sign", "sin", "sinh", "size_array", "slice", "slice_axis",
		"slice_like", "smooth_l1", "softmax", "softmin", "softsign", "sort", "space_to_depth", "split_v2", "sqrt", "square", "squeeze",
		"stack", "sum", "sum_axis", "swapaxes", "take", "tan", "tanh", "tile", "topk", "transpose", "trunc", "where", "zeros_like", "add_n",
		"ElementWiseSum", "_copy", "_plus", "_minus", "_mul", "_div", "_plus_scalar", "_minus_scalar", "_rminus_scalar", "_mul_scalar",
		"_div_scalar", "_rdiv_scalar", "_power_scalar", "_rpower_scalar", "_maximum_scalar", "_minimum_scalar", "_mod_scalar", "_equal_scalar",
		"_not_equal_scalar", "_greater_scalar", "_greater_equal_scalar", "_lesser_scalar", "_lesser_equal_scalar", "_zeros", "_ones",
		"_arange", "_full", "_maximum", "_minimum", "_power", "_equal", "_greater", "_lesser", "_contrib_MultiBoxPrior",
		"_contrib_MultiBoxDetection", "_contrib_MultiBoxTarget", "_contrib_box_nms", "_contrib_box_iou", "_contrib_ROIAlign",
		"_contrib_Proposal", "_contrib_MultiProposal", "_contrib_AdaptiveAvgPooling2D", "_contrib_BilinearResize2D", "_contrib_SyncBatchNorm",
		"_contrib_arange_like", "_contrib_div_sqrt_dim", "_contrib_interleaved_matmul_selfatt_qk",
		"_contrib_interleaved_matmul_selfatt_valatt", "_contrib_quantize_v2", "_contrib_dequantize", "_contrib_requantize",
		"_contrib_quantized_conv", "_contrib_quantized_fully_connected", "_contrib_quantized_pooling", "_contrib_quantized_flatten",
		"_contrib_DeformableConvolution", "_contrib_DeformablePSROIPooling", NULL
	};

	return one_of(text, len, operators);
}
