/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operators that compute and do nothing else, by domain: onnx.ai, "Operators"
 * of ONNX and ONNX-ML with those of older operator sets, and the contributed
 * operators of ONNX Runtime that lie in the runtime itself. EPContext, PyOp
 * and others that load or run something are left out.
 */
#include "scanners/model/onnx_ops.h"

#include <string.h>

#include "assay/attr.h"

static const char *const standard[] = {
	"Abs", "Acos", "Acosh", "Add", "Affine", "AffineGrid", "And", "ArgMax", "ArgMin", "Asin", "Asinh", "Atan", "Atanh",
	"Attention", "AveragePool", "BatchNormalization", "Bernoulli", "BitCast", "BitShift", "BitwiseAnd", "BitwiseNot",
	"BitwiseOr", "BitwiseXor", "BlackmanWindow", "Cast", "CastLike", "CausalConvWithState", "Ceil", "Celu", "CenterCropPad",
	"Clip", "Col2Im", "Compress", "Concat", "ConcatFromSequence", "Constant", "ConstantOfShape", "Conv", "ConvInteger",
	"ConvTranspose", "Cos", "Cosh", "Crop", "CumProd", "CumSum", "DFT", "DeformConv", "DepthToSpace", "DequantizeLinear",
	"Det", "Div", "Dropout", "DynamicQuantizeLinear", "Einsum", "Elu", "Equal", "Erf", "Exp", "Expand", "EyeLike",
	"Flatten", "Floor", "GRU", "Gather", "GatherElements", "GatherND", "Gelu", "Gemm", "GlobalAveragePool", "GlobalLpPool",
	"GlobalMaxPool", "Greater", "GreaterOrEqual", "GridSample", "GroupNormalization", "HammingWindow", "HannWindow",
	"HardSigmoid", "HardSwish", "Hardmax", "Identity", "If", "ImageDecoder", "ImageScaler", "InstanceNormalization",
	"IsInf", "IsNaN", "LRN", "LSTM", "LayerNormalization", "LeakyRelu", "Less", "LessOrEqual", "LinearAttention", "Log",
	"LogSoftmax", "Loop", "LpNormalization", "LpPool", "MatMul", "MatMulInteger", "Max", "MaxPool", "MaxRoiPool",
	"MaxUnpool", "Mean", "MeanVarianceNormalization", "MelWeightMatrix", "Min", "Mish", "Mod", "Mul", "Multinomial", "Neg",
	"NegativeLogLikelihoodLoss", "NonMaxSuppression", "NonZero", "Not", "OneHot", "Optional", "OptionalGetElement",
	"OptionalHasElement", "Or", "PRelu", "Pad", "ParametricSoftplus", "Pow", "QLinearConv", "QLinearMatMul",
	"QuantizeLinear", "RMSNormalization", "RNN", "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike",
	"Range", "Reciprocal", "ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceMax", "ReduceMean",
	"ReduceMin", "ReduceProd", "ReduceSum", "ReduceSumSquare", "RegexFullMatch", "Relu", "Reshape", "Resize",
	"ReverseSequence", "RoiAlign", "RotaryEmbedding", "Round", "STFT", "ScaledTanh", "Scan", "Scatter", "ScatterElements",
	"ScatterND", "Selu", "SequenceAt", "SequenceConstruct", "SequenceEmpty", "SequenceErase", "SequenceInsert",
	"SequenceLength", "SequenceMap", "Shape", "Shrink", "Sigmoid", "Sign", "SimplifiedLayerNormalization", "Sin", "Sinh",
	"Size", "Slice", "Softmax", "SoftmaxCrossEntropyLoss", "Softplus", "Softsign", "SpaceToDepth", "Split",
	"SplitToSequence", "Sqrt", "Squeeze", "StringConcat", "StringNormalizer", "StringSplit", "Sub", "Sum", "SwiGLU",
	"Swish", "Tan", "Tanh", "TensorScatter", "TfIdfVectorizer", "ThresholdedRelu", "Tile", "TopK", "Transpose", "Trilu",
	"Unique", "Unsqueeze", "Upsample", "Where", "Xor", NULL
};

static const char *const classic[] = {
	"ArrayFeatureExtractor", "Binarizer", "CastMap", "CategoryMapper", "DictVectorizer", "FeatureVectorizer", "Imputer",
	"LabelEncoder", "LinearClassifier", "LinearRegressor", "Normalizer", "OneHotEncoder", "SVMClassifier", "SVMRegressor",
	"Scaler", "TreeEnsemble", "TreeEnsembleClassifier", "TreeEnsembleRegressor", "ZipMap", NULL
};

static const char *const training[] = {
	"Adagrad", "Adam", "Gradient", "Momentum", NULL
};

static const char *const microsoft[] = {
	"Attention", "AttnLSTM", "BeamSearch", "BiasAdd", "BiasDropout", "BiasGelu", "BiasSoftmax", "BiasSplitGelu",
	"BifurcationDetector", "BitmaskBiasDropout", "BitmaskDropout", "CDist", "CausalConvWithState", "ComplexMul",
	"ComplexMulConj", "ConvTransposeWithDynamicPads", "CropAndResize", "DecoderAttention",
	"DecoderMaskedMultiHeadAttention", "DecoderMaskedSelfAttention", "DequantizeBFP", "DequantizeLinear",
	"DequantizeWithOrder", "DynamicQuantizeLSTM", "DynamicQuantizeMatMul", "DynamicTimeWarping", "EmbedLayerNormalization",
	"ExpandDims", "FastGelu", "FusedConv", "FusedGemm", "FusedMatMul", "FusedMatMulActivation", "GatedAdd", "GatedDeltaNet",
	"GatedRMSNorm", "GatedRelativePositionBias", "GatherBlockQuantized", "GatherND", "Gelu", "GemmFastGelu", "GemmFloat8",
	"GemmaRotaryEmbedding", "GreedySearch", "GridSample", "GroupNorm", "GroupQueryAttention", "Inverse", "Irfft",
	"IsAllFinite", "LinearAttention", "LongformerAttention", "MatMulBnb4", "MatMulFpQ4", "MatMulInteger16",
	"MatMulIntegerToFloat", "MatMulNBits", "MaxpoolWithMask", "MoE", "MulInteger", "MultiHeadAttention", "MurmurHash3",
	"NGramRepeatBlock", "NhwcConv", "NhwcFusedConv", "NhwcMaxPool", "PackedAttention", "PackedMultiHeadAttention", "Pad",
	"PagedAttention", "QAttention", "QEmbedLayerNormalization", "QGemm", "QLinearAdd", "QLinearAveragePool",
	"QLinearConcat", "QLinearConv", "QLinearGlobalAveragePool", "QLinearLeakyRelu", "QLinearMul", "QLinearReduceMean",
	"QLinearSigmoid", "QLinearSoftmax", "QLinearWhere", "QMoE", "QOrderedAttention", "QOrderedGelu",
	"QOrderedLayerNormalization", "QOrderedLongformerAttention", "QOrderedMatMul", "QuantizeBFP", "QuantizeLinear",
	"QuantizeWithOrder", "QuickGelu", "Range", "ReduceSumInteger", "RelativePositionBias", "RemovePadding",
	"RestorePadding", "Rfft", "RotaryEmbedding", "Sampling", "SimplifiedLayerNormalization", "SkipGroupNorm",
	"SkipLayerNormalization", "SkipSimplifiedLayerNormalization", "SparseAttention", "SparseToDenseMatMul", "Tokenizer",
	"TorchEmbedding", "TransposeMatMul", "Trilu", "UnfoldTensor", "Unique", "WhisperBeamSearch", "WordConvEmbedding", NULL
};

static const struct {
	const char *domain;
	const char *const *operators;
} domains[] = {
	{"", standard}, {"ai.onnx", standard}, {"ai.onnx.ml", classic}, {"ai.onnx.preview.training", training}, {"com.microsoft", microsoft}
};

bool ay_onnx_domain_known(const char *domain)
{
	for (size_t i = 0; i < AY_ARRAY_LEN(domains); i++)
		if (strcmp(domains[i].domain, domain) == 0)
			return true;
	return false;
}

bool ay_onnx_operator_known(const char *domain, const char *name)
{
	for (size_t i = 0; i < AY_ARRAY_LEN(domains); i++) {
		if (strcmp(domains[i].domain, domain) != 0)
			continue;
		for (const char *const *o = domains[i].operators; *o; o++)
			if (strcmp(*o, name) == 0)
				return true;
	}
	return false;
}
