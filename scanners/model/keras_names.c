/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/model/keras_names.h"

#include <stddef.h>
#include <string.h>

#include "assay/attr.h"

static const char *const layers[] = {
	"Activation", "ActivityRegularization", "AdaptiveAveragePooling1D", "AdaptiveAveragePooling2D", "AdaptiveAveragePooling3D",
	"AdaptiveMaxPooling1D", "AdaptiveMaxPooling2D", "AdaptiveMaxPooling3D", "Add", "AdditiveAttention", "AlphaDropout", "Attention",
	"AugMix", "AutoContrast", "Average", "AveragePooling1D", "AveragePooling2D", "AveragePooling3D", "AvgPool1D", "AvgPool2D",
	"AvgPool3D", "BatchNormalization", "Bidirectional", "CategoryEncoding", "CenterCrop", "Concatenate",
	"ContrastLimitedAdaptiveHistogramEqualization", "Conv1D", "Conv1DTranspose", "Conv2D", "Conv2DTranspose", "Conv3D",
	"Conv3DTranspose", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D", "Convolution1D", "Convolution1DTranspose", "Convolution2D",
	"Convolution2DTranspose", "Convolution3D", "Convolution3DTranspose", "Cropping1D", "Cropping2D", "Cropping3D", "CuDNNGRU",
	"CuDNNLSTM", "CutMix", "Dense", "DepthwiseConv1D", "DepthwiseConv2D", "Discretization", "Dot", "Dropout", "ELU", "EinsumDense",
	"Embedding", "Equalization", "Flatten", "GRU", "GRUCell", "GaussianDropout", "GaussianNoise", "GlobalAveragePooling1D",
	"GlobalAveragePooling2D", "GlobalAveragePooling3D", "GlobalAvgPool1D", "GlobalAvgPool2D", "GlobalAvgPool3D", "GlobalMaxPool1D",
	"GlobalMaxPool2D", "GlobalMaxPool3D", "GlobalMaxPooling1D", "GlobalMaxPooling2D", "GlobalMaxPooling3D", "GroupNormalization",
	"GroupQueryAttention", "HashedCrossing", "Hashing", "Identity", "InputLayer", "IntegerLookup", "LSTM", "LSTMCell",
	"LayerNormalization", "LeakyReLU", "LocallyConnected1D", "LocallyConnected2D", "Masking", "MaxNumBoundingBoxes", "MaxPool1D",
	"MaxPool2D", "MaxPool3D", "MaxPooling1D", "MaxPooling2D", "MaxPooling3D", "Maximum", "MelSpectrogram", "Minimum", "MixUp",
	"MultiHeadAttention", "Multiply", "Normalization", "PReLU", "Permute", "Pipeline", "RMSNormalization", "RNN", "RandAugment",
	"RandomBrightness", "RandomColorDegeneration", "RandomColorJitter", "RandomContrast", "RandomCrop", "RandomElasticTransform",
	"RandomErasing", "RandomFlip", "RandomGaussianBlur", "RandomGrayscale", "RandomHeight", "RandomHue", "RandomInvert",
	"RandomPerspective", "RandomPosterization", "RandomRotation", "RandomSaturation", "RandomSharpness", "RandomShear",
	"RandomTranslation", "RandomWidth", "RandomZoom", "ReLU", "RepeatVector", "Rescaling", "Reshape", "Resizing", "ReversibleEmbedding",
	"STFTSpectrogram", "SeparableConv1D", "SeparableConv2D", "SeparableConvolution1D", "SeparableConvolution2D", "SimpleRNN",
	"SimpleRNNCell", "Softmax", "Solarization", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "SpectralNormalization",
	"StackedRNNCells", "StringLookup", "Subtract", "SyncBatchNormalization", "TernaryDense", "TextVectorization", "ThresholdedReLU",
	"TimeDistributed", "UnitNormalization", "UpSampling1D", "UpSampling2D", "UpSampling3D", "ZeroPadding1D", "ZeroPadding2D",
	"ZeroPadding3D", NULL
};

static const char *const initializers[] = {
	"Constant", "GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "Identity", "IdentityInitializer", "LecunNormal",
	"LecunUniform", "Ones", "Orthogonal", "OrthogonalInitializer", "RandomNormal", "RandomUniform", "STFT", "STFTInitializer",
	"TruncatedNormal", "VarianceScaling", "Zeros", "constant", "glorot_normal", "glorot_uniform", "he_normal", "he_uniform", "identity",
	"lecun_normal", "lecun_uniform", "ones", "orthogonal", "random_normal", "random_uniform", "stft", "truncated_normal",
	"variance_scaling", "zeros", NULL
};

static const char *const regularizers[] = {
	"L1", "L1L2", "L2", "OrthogonalRegularizer", "l1", "l1_l2", "l2", "orthogonal_regularizer", NULL
};

static const char *const constraints[] = {
	"MaxNorm", "MinMaxNorm", "NonNeg", "RadialConstraint", "UnitNorm", "max_norm", "min_max_norm", "non_neg", "radial_constraint",
	"unit_norm", NULL
};

static const char *const optimizers[] = {
	"Adadelta", "Adafactor", "Adagrad", "Adam", "AdamW", "Adamax", "Ftrl", "Lamb", "Lion", "LossScaleOptimizer", "Muon", "Nadam",
	"RMSprop", "SGD", "ScheduleFreeAdamW", NULL
};

static const char *const schedules[] = {
	"CosineDecay", "CosineDecayRestarts", "ExponentialDecay", "InverseTimeDecay", "PiecewiseConstantDecay", "PolynomialDecay", NULL
};

static const char *const losses[] = {
	"BinaryCrossentropy", "BinaryFocalCrossentropy", "CTC", "CategoricalCrossentropy", "CategoricalFocalCrossentropy",
	"CategoricalGeneralizedCrossEntropy", "CategoricalHinge", "Circle", "CosineSimilarity", "Dice", "Hinge", "Huber", "KLDivergence",
	"LogCosh", "LossFunctionWrapper", "MeanAbsoluteError", "MeanAbsolutePercentageError", "MeanSquaredError",
	"MeanSquaredLogarithmicError", "Poisson", "SparseCategoricalCrossentropy", "SquaredHinge", "Tversky", NULL
};

static const char *const metrics[] = {
	"AUC", "Accuracy", "BinaryAccuracy", "BinaryCrossentropy", "BinaryIoU", "CategoricalAccuracy", "CategoricalCrossentropy",
	"CategoricalHinge", "ConcordanceCorrelation", "CosineSimilarity", "F1Score", "FBetaScore", "FalseNegatives", "FalsePositives",
	"Hinge", "IoU", "KLDivergence", "LogCoshError", "Mean", "MeanAbsoluteError", "MeanAbsolutePercentageError", "MeanIoU",
	"MeanMetricWrapper", "MeanRelativeError", "MeanSquaredError", "MeanSquaredLogarithmicError", "MeanTensor", "OneHotIoU",
	"OneHotMeanIoU", "PearsonCorrelation", "Poisson", "Precision", "PrecisionAtRecall", "R2Score", "Recall", "RecallAtPrecision",
	"RootMeanSquaredError", "SensitivityAtSpecificity", "SparseCategoricalAccuracy", "SparseCategoricalCrossentropy",
	"SparseTopKCategoricalAccuracy", "SpecificityAtSensitivity", "SquaredHinge", "Sum", "SumOverBatchSize", "TopKCategoricalAccuracy",
	"TrueNegatives", "TruePositives", NULL
};

static const char *const policies[] = {
	"AWQDTypePolicy", "DTypePolicy", "DTypePolicyMap", "FloatDTypePolicy", "GPTQDTypePolicy", "Int4DTypePolicy", "Policy",
	"QuantizedDTypePolicy", "QuantizedFloat8DTypePolicy", "TernaryDTypePolicy", NULL
};

static const char *const quantizers[] = {
	"AbsMaxQuantizer", "Float8QuantizationConfig", "Int4QuantizationConfig", "Int8QuantizationConfig", "TernaryQuantizationConfig", NULL
};

static const char *const activation_functions[] = {
	"celu", "elu", "exponential", "gelu", "glu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_swish", "hard_tanh", "leaky_relu",
	"linear", "log_sigmoid", "log_softmax", "mish", "relu", "relu6", "selu", "sigmoid", "silu", "soft_shrink", "softmax", "softplus",
	"softsign", "sparse_plus", "sparse_sigmoid", "sparsemax", "squareplus", "swish", "tanh", "tanh_shrink", "threshold", NULL
};

static const char *const loss_functions[] = {
	"BCE", "KLD", "MAE", "MAPE", "MSE", "MSLE", "bce", "binary_crossentropy", "binary_focal_crossentropy", "categorical_crossentropy",
	"categorical_focal_crossentropy", "categorical_generalized_cross_entropy", "categorical_hinge", "ce", "circle", "cosine",
	"cosine_proximity", "cosine_similarity", "crossentropy", "ctc", "dice", "hinge", "huber", "kl_divergence", "kld",
	"kullback_leibler_divergence", "log_cosh", "logcosh", "mae", "mape", "mean_absolute_error", "mean_absolute_percentage_error",
	"mean_squared_error", "mean_squared_logarithmic_error", "mse", "msle", "poisson", "sparse_categorical_crossentropy",
	"squared_hinge", "tversky", NULL
};

static const char *const metric_functions[] = {
	"acc", "accuracy", "auc", "binary_accuracy", "binary_io_u", "categorical_accuracy", "concordance_correlation", "f1_score",
	"f_beta_score", "false_negatives", "false_positives", "io_u", "log_cosh_error", "mean", "mean_io_u", "mean_relative_error",
	"mean_tensor", "one_hot_io_u", "one_hot_mean_io_u", "pearson_correlation", "precision", "precision_at_recall", "r2_score", "recall",
	"recall_at_precision", "root_mean_squared_error", "sensitivity_at_specificity", "sparse_categorical_accuracy",
	"sparse_top_k_categorical_accuracy", "specificity_at_sensitivity", "sum", "sum_over_batch_size", "top_k_categorical_accuracy",
	"true_negatives", "true_positives", NULL
};

static const char *const optimizer_names[] = {
	"adadelta", "adafactor", "adagrad", "adam", "adamax", "adamw", "ftrl", "lamb", "lion", "loss_scale_optimizer", "muon", "nadam",
	"rmsprop", "sgd", NULL
};

static const char *const ops_numpy[] = {
	"Abs", "Absolute", "Add", "All", "AllClose", "Amax", "Amin", "Angle", "Any", "Append", "Arange", "Arccos", "Arccosh", "Arcsin",
	"Arcsinh", "Arctan", "Arctan2", "Arctanh", "Argmax", "Argmin", "Argpartition", "Argsort", "Array", "ArraySplit", "Average",
	"Bincount", "BitwiseAnd", "BitwiseInvert", "BitwiseLeftShift", "BitwiseNot", "BitwiseOr", "BitwiseRightShift", "BitwiseXor",
	"BroadcastTo", "Cbrt", "Ceil", "Clip", "ColumnStack", "Concatenate", "Conj", "Conjugate", "Copy", "Corrcoef", "Correlate", "Cos",
	"Cosh", "CountNonzero", "Cross", "Cumprod", "Cumsum", "Deg2rad", "Diag", "Diagflat", "Diagonal", "Diff", "Digitize", "Divide",
	"DivideNoNan", "Dot", "Dsplit", "Dstack", "Einsum", "EmptyLike", "Equal", "Exp", "Exp2", "ExpandDims", "Expm1", "Fabs", "Flip",
	"Fliplr", "Flipud", "Floor", "FloorDivide", "Fmax", "Fmin", "Fmod", "Full", "FullLike", "Gcd", "Geomspace", "GetItem", "Greater",
	"GreaterEqual", "Heaviside", "Histogram", "Hsplit", "Hstack", "Hypot", "I0", "Imag", "Inner", "IsIn", "Isclose", "Isfinite",
	"Isinf", "Isnan", "Isneginf", "Isposinf", "Isreal", "Kron", "Lcm", "Ldexp", "LeftShift", "Less", "LessEqual", "Linspace", "Log",
	"Log10", "Log1p", "Log2", "Logaddexp", "Logaddexp2", "LogicalAnd", "LogicalNot", "LogicalOr", "LogicalXor", "Logspace", "Matmul",
	"Max", "Maximum", "Mean", "Median", "Meshgrid", "Min", "Minimum", "Mod", "Moveaxis", "Multiply", "NanToNum", "Nanargmax",
	"Nanargmin", "Nancumprod", "Nancumsum", "Nanmax", "Nanmean", "Nanmedian", "Nanmin", "Nanpercentile", "Nanprod", "Nanquantile",
	"Nanstd", "Nansum", "Nanvar", "Ndim", "Negative", "Nextafter", "Nonzero", "NotEqual", "OnesLike", "Outer", "Pad", "Percentile",
	"Power", "Prod", "Ptp", "Quantile", "Rad2deg", "Ravel", "Real", "Reciprocal", "Repeat", "Reshape", "RightShift", "Roll", "Rot90",
	"Round", "SearchSorted", "Select", "Sign", "Signbit", "Sin", "Sinc", "Sinh", "Size", "Slogdet", "Sort", "Split", "Sqrt", "Square",
	"Squeeze", "Stack", "Std", "Subtract", "Sum", "Swapaxes", "Take", "TakeAlongAxis", "Tan", "Tanh", "Tensordot", "Tile", "Trace",
	"Transpose", "Trapezoid", "Tril", "Triu", "TrueDivide", "Trunc", "Unique", "UnravelIndex", "Vander", "Var", "Vdot", "View",
	"Vsplit", "Vstack", "Where", "ZerosLike", NULL
};

static const char *const ops_nn[] = {
	"AdaptiveAveragePool", "AdaptiveMaxPool", "AveragePool", "BatchNorm", "BinaryCrossentropy", "CTCDecode", "CTCLoss",
	"CategoricalCrossentropy", "Celu", "Conv", "ConvTranspose", "DepthToSpace", "DepthwiseConv", "DotProductAttention", "Elu", "Fold",
	"Gelu", "Glu", "HardShrink", "HardSigmoid", "HardSilu", "HardTanh", "LayerNorm", "LeakyRelu", "LogSigmoid", "LogSoftmax", "MaxPool",
	"Moments", "MultiHot", "Normalize", "OneHot", "PSNR", "Polar", "RMSNorm", "Relu", "Relu6", "Selu", "SeparableConv", "Sigmoid",
	"Silu", "SoftShrink", "Softmax", "Softplus", "Softsign", "SpaceToDepth", "SparseCategoricalCrossentropy", "SparsePlus",
	"SparseSigmoid", "Sparsemax", "Squareplus", "TanhShrink", "Threshold", "Unfold", NULL
};

static const char *const ops_math[] = {
	"CDist", "Erf", "Erfc", "Erfinv", "ExtractSequences", "FFT", "FFT2", "Gammainc", "IFFT2", "IRFFT", "ISTFT", "InTopK", "Logdet",
	"Logsumexp", "RFFT", "Rsqrt", "STFT", "SegmentMax", "SegmentMin", "SegmentProd", "SegmentSum", "TopK", "ViewAsComplex",
	"ViewAsReal", NULL
};

static const char *const ops_linalg[] = {
	"Cholesky", "CholeskyInverse", "Det", "Eig", "Eigh", "Inv", "Lstsq", "LuFactor", "MatrixPower", "MatrixRank", "Norm", "Pinv", "Qr",
	"SVD", "Solve", "SolveTriangular", NULL
};

static const char *const ops_image[] = {
	"AffineTransform", "CropImages", "ElasticTransform", "ExtractPatches", "GaussianBlur", "HSVToRGB", "MapCoordinates", "PadImages",
	"PerspectiveTransform", "RGBToGrayscale", "RGBToHSV", "ReconstructPatches", "Resize", "SSIM", "ScaleAndTranslate", "SobelEdges",
	NULL
};

static const char *const ops_core[] = {
	"Cast", "ConvertToTensor", "SaturateCast", "Scatter", "ScatterUpdate", "Slice", "SliceUpdate", "StopGradient", "Unstack", NULL
};

/* ---- what only older versions save ---- */

static const char *const models[] = { "Functional", "Model", "Sequential", NULL };
static const char *const policies_v2[] = { "LossScaleOptimizer", "Policy", "PolicyV1", NULL };
static const char *const old_layers[] = {
	"AtrousConvolution1D", "AtrousConvolution2D", "AveragePooling1D", "Deconvolution2D", "Deconvolution3D", "Highway", "MaxoutDense",
	"SyncBatchNormalization", "TimeDistributedDense", NULL
};
static const char *const old_names[] = {
	"BatchNormalizationV1", "BatchNormalizationV2", "CategoryCrossing", "GRUV2", "LSTMV2", "L1L2", "NormalizationV1", "Ones", "RandomNormalV2",
	"RandomUniformV2", "TruncatedNormalV2", "VarianceScalingV2", "WeightRegularizer", "ZerosV2", NULL
};
static const char *const tf_layers[] = { "SlicingOpLambda", "TFOpLambda", NULL };
static const char *const generators[] = { "SeedGenerator", NULL };

static const struct {
	const char *module;
	const char *const *names;
} classes[] = {
	{ "keras", models }, { "keras.models", models }, { "keras.src.models.functional", models }, { "keras.src.models.sequential", models },
	{ "keras.src.models.model", models }, { "keras.src.engine.functional", models }, { "keras.src.engine.sequential", models },
	{ "keras.engine.functional", models }, { "keras.engine.sequential", models }, { "tf_keras.src.engine.functional", models },
	{ "keras", policies }, { "keras.layers", layers }, { "keras._legacy.layers", layers }, { "keras.layers.experimental", layers },
	{ "keras.layers.experimental.preprocessing", layers }, { "keras.initializers", initializers }, { "keras.regularizers", regularizers },
	{ "keras.constraints", constraints }, { "keras.optimizers", optimizers }, { "keras.optimizers.legacy", optimizers },
	{ "keras.optimizers.experimental", optimizers }, { "keras.optimizers.schedules", schedules }, { "keras.losses", losses },
	{ "keras.src.losses.losses", losses }, { "keras.src.losses", losses }, { "keras.losses.losses", losses }, { "keras.metrics", metrics },
	{ "keras.dtype_policies", policies }, { "keras.mixed_precision", policies }, { "keras.mixed_precision", policies_v2 },
	{ "keras.quantizers", quantizers }, { "keras.random", generators }, { "keras.src.ops.numpy", ops_numpy }, { "keras.src.ops.nn", ops_nn },
	{ "keras.src.ops.math", ops_math }, { "keras.src.ops.linalg", ops_linalg }, { "keras.src.ops.image", ops_image },
	{ "keras.src.ops.core", ops_core }, { "keras.src.layers.core.tf_op_layer", tf_layers }, { "keras.layers.core.tf_op_layer", tf_layers },
};

static bool one_of(const char *name, const char *const *list)
{
	for (; *list; list++)
		if (strcmp(*list, name) == 0)
			return true;
	return false;
}

bool ay_keras_class(const char *module, const char *name)
{
	for (size_t i = 0; i < AY_ARRAY_LEN(classes); i++)
		if (strcmp(classes[i].module, module) == 0 && one_of(name, classes[i].names))
			return true;
	return false;
}

bool ay_keras_legacy_class(const char *name)
{
	static const char *const *const lists[] = {
		models, layers, old_layers, old_names, tf_layers, initializers, regularizers, constraints, optimizers, schedules, losses, metrics,
		policies, policies_v2,
	};

	/* TensorFlow 2.11 registered its own optimizers so. */
	if (strncmp(name, "Custom>", 7) == 0)
		return one_of(name + 7, optimizers);
	for (size_t i = 0; i < AY_ARRAY_LEN(lists); i++)
		if (one_of(name, lists[i]))
			return true;
	return false;
}

bool ay_keras_value(const char *name)
{
	static const char *const values[] = {
		"__bytes__", "__ellipsis__", "__keras_tensor__", "__numpy__", "__slice__", "__tensor__", "__tuple__", "TensorShape", NULL
	};

	return one_of(name, values);
}

bool ay_keras_activation(const char *name)
{
	return one_of(name, activation_functions);
}

bool ay_keras_loss_or_metric(const char *name)
{
	return one_of(name, loss_functions) || one_of(name, metric_functions) || one_of(name, losses) || one_of(name, metrics);
}

bool ay_keras_optimizer(const char *name)
{
	return one_of(name, optimizer_names) || one_of(name, optimizers);
}

bool ay_keras_function(const char *module, const char *name)
{
	bool any = strcmp(module, "builtins") == 0;

	if (any || strcmp(module, "keras.activations") == 0)
		if (ay_keras_activation(name))
			return true;
	if (any || strcmp(module, "keras.losses") == 0 || strcmp(module, "keras.metrics") == 0)
		return one_of(name, loss_functions) || one_of(name, metric_functions);
	return false;
}

bool ay_keras_tf_function(const char *name)
{
	static const char *const functions[] = {
		"__operators__.add", "__operators__.eq", "__operators__.getitem", "__operators__.ne", "abs", "argmax", "broadcast_to", "cast",
		"clip_by_value", "compat.v1.gather", "compat.v1.pad", "compat.v1.shape", "compat.v1.squeeze", "compat.v1.transpose", "concat",
		"convert_to_tensor", "cos", "divide", "expand_dims", "fill", "gather", "identity", "image.resize", "image.resize_bilinear",
		"linalg.l2_normalize", "linalg.matmul", "logical_and", "math.abs", "math.add", "math.argmax", "math.cos", "math.cumsum",
		"math.divide", "math.equal", "math.exp", "math.floor", "math.greater", "math.greater_equal", "math.l2_normalize", "math.less",
		"math.less_equal", "math.log", "math.logical_and", "math.logical_not", "math.logical_or", "math.maximum", "math.minimum",
		"math.multiply", "math.negative", "math.not_equal", "math.pow", "math.reciprocal", "math.reduce_max", "math.reduce_mean",
		"math.reduce_min", "math.reduce_prod", "math.reduce_std", "math.reduce_sum", "math.reduce_variance", "math.rsqrt", "math.sigmoid",
		"math.sign", "math.sin", "math.softplus", "math.sqrt", "math.square", "math.squared_difference", "math.subtract", "math.tanh",
		"math.truediv", "nn.avg_pool2d", "nn.bias_add", "nn.conv2d", "nn.crelu", "nn.depth_to_space", "nn.depthwise_conv2d", "nn.elu",
		"nn.gelu", "nn.leaky_relu", "nn.log_softmax", "nn.max_pool2d", "nn.relu", "nn.relu6", "nn.selu", "nn.sigmoid", "nn.silu", "nn.softmax",
		"nn.softplus", "nn.softsign", "nn.space_to_depth", "nn.swish", "nn.tanh", "one_hot", "ones", "ones_like", "pad", "range", "repeat",
		"reshape", "reverse", "shape", "sin", "slice", "split", "squeeze", "stack", "strided_slice", "tile", "transpose", "unstack", "where",
		"zeros", "zeros_like", NULL
	};

	return one_of(name, functions);
}

bool ay_keras_module(const char *module)
{
	static const char *const roots[] = { "keras", "tf_keras" };

	for (size_t i = 0; i < AY_ARRAY_LEN(roots); i++) {
		size_t len = strlen(roots[i]);

		if (strncmp(module, roots[i], len) == 0 && (module[len] == '\0' || module[len] == '.'))
			return true;
	}
	return false;
}

const char *ay_keras_denied(const char *name)
{
	static const struct {
		const char *name, *why;
	} denied[] = {
		{ "Lambda", "holds Python bytecode, which runs when the model is loaded or used" },
		{ "__lambda__", "holds Python bytecode, which runs when the model is loaded or used" },
		{ "Merge", "can hold a Python function as bytecode" },
		{ "TorchModuleWrapper", "unpickles a torch module" },
		{ "TFSMLayer", "loads a TensorFlow graph from a path" },
		{ "TensorFlowOpLayer", "holds operations of a TensorFlow graph, which can read and write files" },
		{ "JaxLayer", "calls Python functions of its own" },
		{ "FlaxLayer", "calls Python functions of its own" },
		{ "LambdaCallback", "calls Python functions of its own" },
		{ "__typespec__", "imports a type by its module" },
		{ "TypeSpec", "imports a type by its name" },
		{ "CompositeTensor", "imports a type by its name" },
		{ "get_file", "downloads a file and unpacks it" },
		{ "enable_unsafe_deserialization", "switches off the safe mode of loading" },
		{ "load_model", "loads another model from a path" },
		{ "load_weights", "loads weights from a path" },
		{ "model_from_json", "builds a model from a text that nothing has judged" },
		{ "deserialize_keras_object", "builds objects from a configuration that nothing has judged" },
		{ "CustomObjectScope", "changes what names stand for while the model is loaded" },
		{ "custom_object_scope", "changes what names stand for while the model is loaded" },
		{ "register_keras_serializable", "changes what names stand for while the model is loaded" },
	};

	for (size_t i = 0; i < AY_ARRAY_LEN(denied); i++)
		if (strcmp(denied[i].name, name) == 0)
			return denied[i].why;
	return NULL;
}
