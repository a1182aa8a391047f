/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/model/xml_names.h"

#include <string.h>

#include "assay/attr.h"

/* Each sorted by its bytes. TableLocator is left out: it stands for a table elsewhere. */
static const char *const pmml_elements[] = {
	"AR", "ARDSquaredExponentialKernel", "ARIMA", "ARMAPart", "AbsoluteExponentialKernel", "Aggregate", "Alternate",
	"Annotation", "AnomalyDetectionModel", "Anova", "AnovaRow", "AntecedentSequence", "AnyDistribution", "Application",
	"Apply", "Array", "AssociationModel", "AssociationRule", "Attribute", "BaseCumHazardTables", "Baseline", "BaselineCell",
	"BaselineModel", "BaselineStratum", "BayesInput", "BayesInputs", "BayesOutput", "BayesianNetworkModel",
	"BayesianNetworkNodes", "BlockIndicator", "BoundaryValueMeans", "BoundaryValues", "CategoricalPredictor", "Categories",
	"Category", "Characteristic", "Characteristics", "ChildParent", "ClassLabels", "Cluster", "ClusteringField",
	"ClusteringModel", "ClusteringModelQuality", "Coefficient", "Coefficients", "ComparisonMeasure", "Comparisons",
	"ComplexPartialScore", "CompoundPredicate", "CompoundRule", "Con", "ConfusionMatrix", "ConsequentSequence", "Constant",
	"Constraints", "ContStats", "ContinuousConditionalProbability", "ContinuousDistribution", "ContinuousNode",
	"CorrelationFields", "CorrelationMethods", "CorrelationValues", "Correlations", "CountTable", "Counts", "Covariances",
	"CovariateList", "DataDictionary", "DataField", "Decision", "DecisionTree", "Decisions", "DefineFunction", "Delimiter",
	"Denominator", "DerivedField", "DiscrStats", "DiscreteConditionalProbability", "DiscreteNode", "Discretize",
	"DiscretizeBin", "DocumentTermMatrix", "DynamicRegressor", "EventValues", "ExponentialSmoothing", "Extension",
	"FactorList", "False", "FieldColumnPair", "FieldRef", "FieldValue", "FieldValueCount", "FinalNoise", "FinalNu",
	"FinalOmega", "FinalPredictedNoise", "FinalStateVector", "FinalTheta", "GARCH", "GARCHPart", "GaussianDistribution",
	"GaussianProcessModel", "GeneralRegressionModel", "GeneralizedExponentialKernel", "HVector", "Header", "INT-Entries",
	"INT-SparseArray", "Indices", "InlineTable", "InstanceField", "InstanceFields", "InterceptVector", "Interval", "Item",
	"ItemRef", "Itemset", "KNNInput", "KNNInputs", "KalmanState", "KohonenMap", "Lag", "Lambda", "Level", "LiftData",
	"LiftGraph", "LinearKernelType", "LinearNorm", "LocalTransformations", "LognormalDistributionForBN", "Lower", "MA",
	"MACoefficients", "MapValues", "MatCell", "Matrix", "MaximumLikelihoodStat", "Mean", "MeanClusterDistances",
	"MeasurementMatrix", "MiningBuildTask", "MiningField", "MiningModel", "MiningSchema", "MissingValueWeights",
	"ModelExplanation", "ModelLiftGraph", "ModelStats", "ModelVerification", "MultivariateStat", "MultivariateStats",
	"NaiveBayesModel", "NearestNeighborModel", "NeuralInput", "NeuralInputs", "NeuralLayer", "NeuralNetwork",
	"NeuralOutput", "NeuralOutputs", "Neuron", "Node", "NonseasonalComponent", "NonseasonalFactor", "NormContinuous",
	"NormDiscrete", "NormalDistributionForBN", "NormalizedCountTable", "Numerator", "NumericInfo", "NumericPredictor",
	"ObservationVarianceMatrix", "OptimumLiftGraph", "OutlierEffect", "Output", "OutputField", "PCell", "PCovCell",
	"PCovMatrix", "PMML", "PPCell", "PPMatrix", "PairCounts", "ParamMatrix", "Parameter", "ParameterField", "ParameterList",
	"ParentValue", "Partition", "PartitionFieldStats", "PastVariances", "PoissonDistribution", "PolynomialKernelType",
	"PredictedStateCovarianceMatrix", "PredictiveModelQuality", "Predictor", "PredictorTerm", "PsiVector", "Quantile",
	"REAL-Entries", "REAL-SparseArray", "ROC", "ROCGraph", "RadialBasisKernel", "RadialBasisKernelType", "RandomLiftGraph",
	"Regression", "RegressionModel", "RegressionTable", "RegressorValues", "ResidualSquareCoefficients", "Residuals",
	"ResultField", "RuleSelectionMethod", "RuleSet", "RuleSetModel", "ScoreDistribution", "Scorecard", "SeasonalComponent",
	"SeasonalFactor", "SeasonalTrendDecomposition", "Seasonality_ExpoSmooth", "Segment", "Segmentation",
	"SelectedStateCovarianceMatrix", "Sequence", "SequenceModel", "SequenceReference", "SequenceRule", "SetPredicate",
	"SetReference", "SigmoidKernelType", "SimplePredicate", "SimpleRule", "SimpleSetPredicate", "SpectralAnalysis",
	"StateSpaceModel", "StateVector", "SupportVector", "SupportVectorMachine", "SupportVectorMachineModel",
	"SupportVectors", "Target", "TargetValue", "TargetValueCount", "TargetValueCounts", "TargetValueStat",
	"TargetValueStats", "Targets", "Taxonomy", "TestDistributions", "TextCorpus", "TextDictionary", "TextDocument",
	"TextIndex", "TextIndexNormalization", "TextModel", "TextModelNormalization", "TextModelSimiliarity", "Theta",
	"ThetaRecursionState", "Time", "TimeAnchor", "TimeCycle", "TimeException", "TimeSeries", "TimeSeriesModel", "TimeValue",
	"Timestamp", "TrainingInstances", "TransferFunctionValues", "TransformationDictionary", "TransitionMatrix", "TreeModel",
	"TrendCoefficients", "Trend_ExpoSmooth", "TriangularDistributionForBN", "True", "UniformDistribution",
	"UniformDistributionForBN", "UnivariateStats", "Upper", "Value", "ValueProbability", "VariableWeight", "Variance",
	"VarianceCoefficients", "VectorDictionary", "VectorFields", "VectorInstance", "VerificationField", "VerificationFields",
	"XCoordinates", "YCoordinates", "binarySimilarity", "chebychev", "cityBlock", "euclidean", "jaccard", "minkowski",
	"row", "simpleMatching", "squaredEuclidean", "tanimoto"
};

static const char *const pmml_functions[] = {
	"*", "+", "-", "/", "abs", "acos", "and", "asin", "atan", "avg", "ceil", "concat", "cos", "cosh", "dateDaysSinceYear",
	"dateSecondsSinceMidnight", "dateSecondsSinceYear", "equal", "erf", "exp", "expm1", "floor", "formatDatetime",
	"formatNumber", "greaterOrEqual", "greaterThan", "hypot", "if", "isIn", "isMissing", "isNotIn", "isNotMissing",
	"isNotValid", "isValid", "lessOrEqual", "lessThan", "ln", "ln1p", "log10", "lowercase", "matches", "max", "median",
	"min", "modulo", "normalCDF", "normalIDF", "normalPDF", "not", "notEqual", "or", "pow", "product", "replace", "rint",
	"round", "sin", "sinh", "sqrt", "stdNormalCDF", "stdNormalIDF", "stdNormalPDF", "stringLength", "substring", "sum",
	"tan", "tanh", "threshold", "trimBlanks", "uppercase"
};

static const char *const openvino_types[] = {
	"Abs", "Acos", "Acosh", "AdaptiveAvgPool", "AdaptiveMaxPool", "Add", "Asin", "Asinh", "Assign", "Atan", "Atanh",
	"AvgPool", "BatchNormInference", "BatchToSpace", "BinaryConvolution", "BitwiseAnd", "BitwiseLeftShift", "BitwiseNot",
	"BitwiseOr", "BitwiseRightShift", "BitwiseXor", "Broadcast", "Bucketize", "CTCGreedyDecoder", "CTCGreedyDecoderSeqLen",
	"CTCLoss", "Ceiling", "Clamp", "Col2Im", "Concat", "Const", "Convert", "ConvertLike", "ConvertPromoteTypes",
	"Convolution", "ConvolutionBackpropData", "Cos", "Cosh", "CumSum", "DFT", "DeformableConvolution",
	"DeformablePSROIPooling", "DepthToSpace", "DetectionOutput", "Divide", "Einsum", "Elu", "EmbeddingBagOffsets",
	"EmbeddingBagOffsetsSum", "EmbeddingBagPacked", "EmbeddingBagPackedSum", "EmbeddingSegmentsSum", "Equal", "Erf", "Exp",
	"ExperimentalDetectronDetectionOutput", "ExperimentalDetectronGenerateProposalsSingleImage",
	"ExperimentalDetectronPriorGridGenerator", "ExperimentalDetectronROIFeatureExtractor", "ExperimentalDetectronTopKROIs",
	"ExtractImagePatches", "Eye", "FakeConvert", "FakeQuantize", "Floor", "FloorMod", "GRN", "GRUCell", "GRUSequence",
	"Gather", "GatherElements", "GatherND", "GatherTree", "Gelu", "GenerateProposals", "Greater", "GreaterEqual",
	"GridSample", "GroupConvolution", "GroupConvolutionBackpropData", "GroupNormalization", "HSigmoid", "HSwish",
	"HardSigmoid", "I420toBGR", "I420toRGB", "IDFT", "IRDFT", "ISTFT", "Identity", "If", "Interpolate", "Inverse",
	"IsFinite", "IsInf", "IsNaN", "LRN", "LSTMCell", "LSTMSequence", "Less", "LessEqual", "Log", "LogSoftmax", "LogicalAnd",
	"LogicalNot", "LogicalOr", "LogicalXor", "Loop", "MOE", "MVN", "MatMul", "MatrixNms", "MaxPool", "Maximum", "Minimum",
	"Mish", "Mod", "MulticlassNms", "Multinomial", "Multiply", "NMSRotated", "NV12toBGR", "NV12toRGB", "Negative",
	"NonMaxSuppression", "NonZero", "NormalizeL2", "NotEqual", "OneHot", "PReLU", "PSROIPooling", "Pad", "Parameter",
	"Power", "PriorBox", "PriorBoxClustered", "Proposal", "RDFT", "RNNCell", "RNNSequence", "ROIAlign", "ROIAlignRotated",
	"ROIPooling", "RandomUniform", "Range", "ReLU", "ReadValue", "ReduceL1", "ReduceL2", "ReduceLogicalAnd",
	"ReduceLogicalOr", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum", "RegionYolo", "ReorgYolo",
	"Reshape", "Result", "Reverse", "ReverseSequence", "Roll", "Round", "STFT", "ScaledDotProductAttention",
	"ScatterElementsUpdate", "ScatterNDUpdate", "ScatterUpdate", "SearchSorted", "SegmentMax", "Select", "Selu", "ShapeOf",
	"ShuffleChannels", "Sigmoid", "Sign", "Sin", "Sinh", "Slice", "SliceScatter", "SoftMax", "SoftPlus", "SoftSign",
	"Softmax", "SpaceToBatch", "SpaceToDepth", "SparseFillEmptyRows", "Split", "Sqrt", "SquaredDifference", "Squeeze",
	"StridedSlice", "StringTensorPack", "StringTensorUnpack", "Subtract", "Swish", "Tan", "Tanh", "TensorIterator", "Tile",
	"TopK", "Transpose", "Unique", "Unsqueeze", "VariadicSplit", "Xor"
};

static const char *const openvino_elements[] = {
	"attribute", "back_edges", "biases", "blobs", "body", "data", "dim", "edge", "edges", "else_body", "else_port_map",
	"input", "layer", "layers", "meta_data", "net", "output", "port", "port_map", "rt_info", "statistics", "then_body",
	"then_port_map", "value", "weights"
};

static bool known(const char *const *table, size_t n, struct ay_cursor name)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2, len = strlen(table[mid]);
		int order = memcmp(table[mid], name.p, len < name.left ? len : name.left);

		if (order == 0 && len == name.left)
			return true;
		if (order < 0 || (order == 0 && len < name.left))
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}

bool ay_pmml_element_known(struct ay_cursor name)
{
	return name.left && known(pmml_elements, AY_ARRAY_LEN(pmml_elements), name);
}

bool ay_pmml_function_known(struct ay_cursor name)
{
	return name.left && known(pmml_functions, AY_ARRAY_LEN(pmml_functions), name);
}

bool ay_openvino_type_known(struct ay_cursor name)
{
	return name.left && known(openvino_types, AY_ARRAY_LEN(openvino_types), name);
}

bool ay_openvino_element_known(struct ay_cursor name)
{
	return name.left && known(openvino_elements, AY_ARRAY_LEN(openvino_elements), name);
}
