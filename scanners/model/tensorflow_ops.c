/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operators that compute and do nothing else, of the operators that TensorFlow
 * registers itself: tensors, variables and tables in memory, images, strings,
 * random numbers, control flow, gradients. What reaches files, other machines,
 * the host program or another thread's queues is left out on purpose.
 */
#include "scanners/model/tensorflow_ops.h"

#include <stdlib.h>
#include <string.h>

#include "assay/attr.h"

/* Sorted, for bsearch. */
static const char *const computing[] = {
	"Abs", "AccumulateNV2", "Acos", "Acosh", "Add", "AddN", "AddV2", "AdjustContrast", "AdjustContrastv2", "AdjustHue",
	"AdjustSaturation", "All", "AllCandidateSampler", "Angle", "AnonymousHashTable", "AnonymousMutableDenseHashTable",
	"AnonymousMutableHashTable", "AnonymousMutableHashTableOfTensors", "Any", "ApplyAdaMax", "ApplyAdadelta", "ApplyAdagrad",
	"ApplyAdagradDA", "ApplyAdagradV2", "ApplyAdam", "ApplyAddSign", "ApplyCenteredRMSProp", "ApplyFtrl", "ApplyFtrlV2",
	"ApplyGradientDescent", "ApplyMomentum", "ApplyPowerSign", "ApplyProximalAdagrad", "ApplyProximalGradientDescent",
	"ApplyRMSProp", "ApproxTopK", "ApproximateEqual", "ArgMax", "ArgMin", "AsString", "Asin", "Asinh", "Assert", "Assign",
	"AssignAdd", "AssignAddVariableOp", "AssignSub", "AssignSubVariableOp", "AssignVariableOp", "Atan", "Atan2", "Atanh",
	"AudioSpectrogram", "AudioSummary", "AudioSummaryV2", "AvgPool", "AvgPool3D", "AvgPool3DGrad", "AvgPoolGrad",
	"BandedTriangularSolve", "Batch", "BatchCholesky", "BatchCholeskyGrad", "BatchFFT", "BatchFFT2D", "BatchFFT3D",
	"BatchFunction", "BatchIFFT", "BatchIFFT2D", "BatchIFFT3D", "BatchMatMul", "BatchMatMulV2", "BatchMatMulV3",
	"BatchMatrixBandPart", "BatchMatrixDeterminant", "BatchMatrixDiag", "BatchMatrixDiagPart", "BatchMatrixInverse",
	"BatchMatrixSetDiag", "BatchMatrixSolve", "BatchMatrixSolveLs", "BatchMatrixTriangularSolve",
	"BatchNormWithGlobalNormalization", "BatchNormWithGlobalNormalizationGrad", "BatchSelfAdjointEig",
	"BatchSelfAdjointEigV2", "BatchSvd", "BatchToSpace", "BatchToSpaceND", "BesselI0", "BesselI0e", "BesselI1", "BesselI1e",
	"BesselJ0", "BesselJ1", "BesselK0", "BesselK0e", "BesselK1", "BesselK1e", "BesselY0", "BesselY1", "Betainc", "BiasAdd",
	"BiasAddGrad", "BiasAddV1", "Bincount", "Bitcast", "BitwiseAnd", "BitwiseOr", "BitwiseXor", "BlockLSTM", "BlockLSTMGrad",
	"BlockLSTMGradV2", "BlockLSTMV2", "BoostedTreesAggregateStats", "BoostedTreesBucketize",
	"BoostedTreesCalculateBestFeatureSplit", "BoostedTreesCalculateBestFeatureSplitV2",
	"BoostedTreesCalculateBestGainsPerFeature", "BoostedTreesCenterBias", "BoostedTreesCreateEnsemble",
	"BoostedTreesCreateQuantileStreamResource", "BoostedTreesDeserializeEnsemble", "BoostedTreesEnsembleResourceHandleOp",
	"BoostedTreesExampleDebugOutputs", "BoostedTreesFlushQuantileSummaries", "BoostedTreesGetEnsembleStates",
	"BoostedTreesMakeQuantileSummaries", "BoostedTreesMakeStatsSummary", "BoostedTreesPredict",
	"BoostedTreesQuantileStreamResourceAddSummaries", "BoostedTreesQuantileStreamResourceDeserialize",
	"BoostedTreesQuantileStreamResourceFlush", "BoostedTreesQuantileStreamResourceGetBucketBoundaries",
	"BoostedTreesQuantileStreamResourceHandleOp", "BoostedTreesSerializeEnsemble", "BoostedTreesSparseAggregateStats",
	"BoostedTreesSparseCalculateBestFeatureSplit", "BoostedTreesTrainingPredict", "BoostedTreesUpdateEnsemble",
	"BoostedTreesUpdateEnsembleV2", "BroadcastArgs", "BroadcastGradientArgs", "BroadcastTo", "Bucketize",
	"CSRSparseMatrixComponents", "CSRSparseMatrixToDense", "CSRSparseMatrixToSparseTensor", "CTCBeamSearchDecoder",
	"CTCGreedyDecoder", "CTCLoss", "CTCLossV2", "Case", "Cast", "Ceil", "CheckNumerics", "CheckNumericsV2", "CheckPinned",
	"Cholesky", "CholeskyGrad", "ClipByValue", "CombinedNonMaxSuppression", "Complex", "ComplexAbs",
	"CompositeTensorVariantFromComponents", "CompositeTensorVariantToComponents", "ComputeAccidentalHits", "ComputeBatchSize",
	"Concat", "ConcatOffset", "ConcatV2", "Conj", "ConjugateTranspose", "Const", "ControlTrigger", "Conv", "Conv2D",
	"Conv2DBackpropFilter", "Conv2DBackpropFilterV2", "Conv2DBackpropInput", "Conv2DBackpropInputV2", "Conv3D",
	"Conv3DBackpropFilter", "Conv3DBackpropFilterV2", "Conv3DBackpropInput", "Conv3DBackpropInputV2", "ConvertToCooTensor",
	"Cos", "Cosh", "CountUpTo", "CropAndResize", "CropAndResizeGradBoxes", "CropAndResizeGradImage", "Cross", "CudnnRNN",
	"CudnnRNNBackprop", "CudnnRNNBackpropV2", "CudnnRNNBackpropV3", "CudnnRNNCanonicalToParams",
	"CudnnRNNCanonicalToParamsV2", "CudnnRNNParamsSize", "CudnnRNNParamsToCanonical", "CudnnRNNParamsToCanonicalV2",
	"CudnnRNNV2", "CudnnRNNV3", "Cumprod", "Cumsum", "CumulativeLogsumexp", "DataFormatDimMap", "DataFormatVecPermute",
	"Dawsn", "DecodeAndCropJpeg", "DecodeBase64", "DecodeBmp", "DecodeCSV", "DecodeCompressed", "DecodeGif", "DecodeImage",
	"DecodeJSONExample", "DecodeJpeg", "DecodePaddedRaw", "DecodePng", "DecodeRaw", "DecodeWav", "DecodeWebP", "DeepCopy",
	"DenseBincount", "DenseCountSparseOutput", "DenseToCSRSparseMatrix", "DenseToDenseSetOperation",
	"DenseToSparseSetOperation", "DepthToSpace", "DepthwiseConv2dNative", "DepthwiseConv2dNativeBackpropFilter",
	"DepthwiseConv2dNativeBackpropInput", "Dequantize", "DeserializeManySparse", "DeserializeSparse", "DestroyResourceOp",
	"DestroyTemporaryVariable", "Diag", "DiagPart", "Digamma", "Dilation2D", "Dilation2DBackpropFilter",
	"Dilation2DBackpropInput", "DisableCopyOnRead", "Div", "DivNoNan", "DrawBoundingBoxes", "DrawBoundingBoxesV2",
	"DynamicPartition", "DynamicStitch", "EditDistance", "Eig", "Einsum", "Elu", "EluGrad", "Empty", "EmptyTensorList",
	"EmptyTensorMap", "EncodeBase64", "EncodeJpeg", "EncodeJpegVariableQuality", "EncodePng", "EncodeWav", "EnsureShape",
	"Enter", "Equal", "Erf", "Erfc", "Erfinv", "EuclideanNorm", "Exit", "Exp", "ExpandDims", "Expint", "Expm1",
	"ExtractGlimpse", "ExtractGlimpseV2", "ExtractImagePatches", "ExtractJpegShape", "ExtractVolumePatches", "FFT", "FFT2D",
	"FFT3D", "FFTND", "FakeParam", "FakeQuantWithMinMaxArgs", "FakeQuantWithMinMaxArgsGradient", "FakeQuantWithMinMaxVars",
	"FakeQuantWithMinMaxVarsGradient", "FakeQuantWithMinMaxVarsPerChannel", "FakeQuantWithMinMaxVarsPerChannelGradient",
	"Fill", "Fingerprint", "Floor", "FloorDiv", "FloorMod", "For", "FractionalAvgPool", "FractionalAvgPoolGrad",
	"FractionalMaxPool", "FractionalMaxPoolGrad", "FresnelCos", "FresnelSin", "FusedBatchNorm", "FusedBatchNormGrad",
	"FusedBatchNormGradV2", "FusedBatchNormGradV3", "FusedBatchNormV2", "FusedBatchNormV3", "FusedPadConv2D",
	"FusedResizeAndPadConv2D", "GRUBlockCell", "GRUBlockCellGrad", "Gather", "GatherNd", "GatherV2",
	"GenerateBoundingBoxProposals", "Greater", "GreaterEqual", "GuaranteeConst", "HSVToRGB", "HashTable", "HashTableV2",
	"HistogramFixedWidth", "HistogramSummary", "IFFT", "IFFT2D", "IFFT3D", "IFFTND", "IRFFT", "IRFFT2D", "IRFFT3D", "IRFFTND",
	"Identity", "IdentityN", "If", "Igamma", "IgammaGradA", "Igammac", "Imag", "ImageProjectiveTransformV2",
	"ImageProjectiveTransformV3", "ImageSummary", "InTopK", "InTopKV2", "InitializeTable", "InitializeTableV2", "InplaceAdd",
	"InplaceSub", "InplaceUpdate", "Inv", "InvGrad", "Invert", "InvertPermutation", "IsBoostedTreesEnsembleInitialized",
	"IsBoostedTreesQuantileStreamResourceInitialized", "IsFinite", "IsInf", "IsNan", "IsVariableInitialized",
	"IsotonicRegression", "KMC2ChainInitialization", "KmeansPlusPlusInitialization", "KthOrderStatistic", "L2Loss", "LRN",
	"LRNGrad", "LSTMBlockCell", "LSTMBlockCellGrad", "LeakyRelu", "LeakyReluGrad", "LearnedUnigramCandidateSampler",
	"LeftShift", "Less", "LessEqual", "Lgamma", "LinSpace", "ListDiff", "Log", "Log1p", "LogMatrixDeterminant", "LogSoftmax",
	"LogUniformCandidateSampler", "LogicalAnd", "LogicalNot", "LogicalOr", "LookupTableExport", "LookupTableExportV2",
	"LookupTableFind", "LookupTableFindV2", "LookupTableInsert", "LookupTableInsertV2", "LookupTableRemoveV2",
	"LookupTableSize", "LookupTableSizeV2", "LoopCond", "LowerBound", "Lu", "MakeUnique", "MapDefun", "MatMul",
	"MatrixBandPart", "MatrixDeterminant", "MatrixDiag", "MatrixDiagPart", "MatrixDiagPartV2", "MatrixDiagPartV3",
	"MatrixDiagV2", "MatrixDiagV3", "MatrixExponential", "MatrixInverse", "MatrixLogarithm", "MatrixSetDiag",
	"MatrixSetDiagV2", "MatrixSetDiagV3", "MatrixSolve", "MatrixSolveLs", "MatrixSquareRoot", "MatrixTriangularSolve", "Max",
	"MaxPool", "MaxPool3D", "MaxPool3DGrad", "MaxPool3DGradGrad", "MaxPoolGrad", "MaxPoolGradGrad", "MaxPoolGradGradV2",
	"MaxPoolGradGradWithArgmax", "MaxPoolGradV2", "MaxPoolGradWithArgmax", "MaxPoolV2", "MaxPoolWithArgmax", "Maximum",
	"Mean", "Merge", "MergeSummary", "Mfcc", "Min", "Minimum", "MirrorPad", "MirrorPadGrad", "Mod", "Mul", "MulNoNan",
	"Multinomial", "MutableDenseHashTable", "MutableDenseHashTableV2", "MutableHashTable", "MutableHashTableOfTensors",
	"MutableHashTableOfTensorsV2", "MutableHashTableV2", "Ndtri", "NearestNeighbors", "Neg", "NegTrain", "NextAfter",
	"NextIteration", "NoOp", "NonDeterministicInts", "NonMaxSuppression", "NonMaxSuppressionV2", "NonMaxSuppressionV3",
	"NonMaxSuppressionV4", "NonMaxSuppressionV5", "NonMaxSuppressionWithOverlaps", "NotEqual", "NthElement", "OneHot",
	"OnesLike", "Pack", "Pad", "PadV2", "ParallelConcat", "ParallelDynamicStitch", "ParameterizedTruncatedNormal",
	"ParseExample", "ParseExampleV2", "ParseSequenceExample", "ParseSequenceExampleV2", "ParseSingleExample",
	"ParseSingleSequenceExample", "ParseTensor", "PartitionedCall", "Placeholder", "PlaceholderV2", "PlaceholderWithDefault",
	"Polygamma", "PopulationCount", "Pow", "PreventGradient", "Prod", "Qr", "QuantizeAndDequantize",
	"QuantizeAndDequantizeV2", "QuantizeAndDequantizeV3", "QuantizeAndDequantizeV4", "QuantizeAndDequantizeV4Grad",
	"QuantizeDownAndShrinkRange", "QuantizeV2", "QuantizedAdd", "QuantizedAvgPool",
	"QuantizedBatchNormWithGlobalNormalization", "QuantizedBiasAdd", "QuantizedConcat", "QuantizedConv2D",
	"QuantizedConv2DAndRelu", "QuantizedConv2DAndReluAndRequantize", "QuantizedConv2DAndRequantize",
	"QuantizedConv2DPerChannel", "QuantizedConv2DWithBias", "QuantizedConv2DWithBiasAndRelu",
	"QuantizedConv2DWithBiasAndReluAndRequantize", "QuantizedConv2DWithBiasAndRequantize",
	"QuantizedConv2DWithBiasSignedSumAndReluAndRequantize", "QuantizedConv2DWithBiasSumAndRelu",
	"QuantizedConv2DWithBiasSumAndReluAndRequantize", "QuantizedDepthwiseConv2D", "QuantizedDepthwiseConv2DWithBias",
	"QuantizedDepthwiseConv2DWithBiasAndRelu", "QuantizedDepthwiseConv2DWithBiasAndReluAndRequantize",
	"QuantizedInstanceNorm", "QuantizedMatMul", "QuantizedMatMulWithBias", "QuantizedMatMulWithBiasAndDequantize",
	"QuantizedMatMulWithBiasAndRelu", "QuantizedMatMulWithBiasAndReluAndRequantize", "QuantizedMatMulWithBiasAndRequantize",
	"QuantizedMaxPool", "QuantizedMul", "QuantizedRelu", "QuantizedRelu6", "QuantizedReluX", "QuantizedReshape",
	"QuantizedResizeBilinear", "RFFT", "RFFT2D", "RFFT3D", "RFFTND", "RGBToHSV", "RaggedBincount", "RaggedCountSparseOutput",
	"RaggedCross", "RaggedFillEmptyRows", "RaggedFillEmptyRowsGrad", "RaggedGather", "RaggedRange", "RaggedTensorFromVariant",
	"RaggedTensorToSparse", "RaggedTensorToTensor", "RaggedTensorToVariant", "RaggedTensorToVariantGradient", "RandomCrop",
	"RandomGamma", "RandomGammaGrad", "RandomIndexShuffle", "RandomPoisson", "RandomPoissonV2", "RandomShuffle",
	"RandomStandardNormal", "RandomUniform", "RandomUniformInt", "Range", "Rank", "ReadVariableOp", "Real", "RealDiv",
	"Reciprocal", "ReciprocalGrad", "ReduceJoin", "RefEnter", "RefExit", "RefIdentity", "RefMerge", "RefNextIteration",
	"RefSelect", "RefSwitch", "RegexFullMatch", "RegexReplace", "Relu", "Relu6", "Relu6Grad", "ReluGrad",
	"RequantizationRange", "RequantizationRangePerChannel", "Requantize", "RequantizePerChannel", "Reshape", "ResizeArea",
	"ResizeBicubic", "ResizeBicubicGrad", "ResizeBilinear", "ResizeBilinearGrad", "ResizeNearestNeighbor",
	"ResizeNearestNeighborGrad", "ResourceApplyAdaMax", "ResourceApplyAdadelta", "ResourceApplyAdagrad",
	"ResourceApplyAdagradDA", "ResourceApplyAdagradV2", "ResourceApplyAdam", "ResourceApplyAdamWithAmsgrad",
	"ResourceApplyAddSign", "ResourceApplyCenteredRMSProp", "ResourceApplyFtrl", "ResourceApplyFtrlV2",
	"ResourceApplyGradientDescent", "ResourceApplyKerasMomentum", "ResourceApplyMomentum", "ResourceApplyPowerSign",
	"ResourceApplyProximalAdagrad", "ResourceApplyProximalGradientDescent", "ResourceApplyRMSProp", "ResourceCountUpTo",
	"ResourceGather", "ResourceGatherNd", "ResourceScatterAdd", "ResourceScatterDiv", "ResourceScatterMax",
	"ResourceScatterMin", "ResourceScatterMul", "ResourceScatterNdAdd", "ResourceScatterNdMax", "ResourceScatterNdMin",
	"ResourceScatterNdSub", "ResourceScatterNdUpdate", "ResourceScatterSub", "ResourceScatterUpdate",
	"ResourceSparseApplyAdadelta", "ResourceSparseApplyAdagrad", "ResourceSparseApplyAdagradDA",
	"ResourceSparseApplyAdagradV2", "ResourceSparseApplyCenteredRMSProp", "ResourceSparseApplyFtrl",
	"ResourceSparseApplyFtrlV2", "ResourceSparseApplyKerasMomentum", "ResourceSparseApplyMomentum",
	"ResourceSparseApplyProximalAdagrad", "ResourceSparseApplyProximalGradientDescent", "ResourceSparseApplyRMSProp",
	"ResourceStridedSliceAssign", "Reverse", "ReverseSequence", "ReverseV2", "RightShift", "Rint", "RngReadAndSkip",
	"RngSkip", "Roll", "Round", "Rsqrt", "RsqrtGrad", "SampleDistortedBoundingBox", "SampleDistortedBoundingBoxV2",
	"ScalarSummary", "ScaleAndTranslate", "ScaleAndTranslateGrad", "ScatterAdd", "ScatterDiv", "ScatterMax", "ScatterMin",
	"ScatterMul", "ScatterNd", "ScatterNdAdd", "ScatterNdMax", "ScatterNdMin", "ScatterNdNonAliasingAdd", "ScatterNdSub",
	"ScatterNdUpdate", "ScatterSub", "ScatterUpdate", "SdcaFprint", "SdcaOptimizer", "SdcaOptimizerV2", "SdcaShrinkL1",
	"SegmentMax", "SegmentMaxV2", "SegmentMean", "SegmentMin", "SegmentMinV2", "SegmentProd", "SegmentProdV2", "SegmentSum",
	"SegmentSumV2", "Select", "SelectV2", "SelfAdjointEig", "SelfAdjointEigV2", "Selu", "SeluGrad", "SerializeManySparse",
	"SerializeSparse", "SerializeTensor", "SetSize", "Shape", "ShapeN", "Sigmoid", "SigmoidGrad", "Sign", "Sin", "Sinh",
	"Size", "Slice", "Snapshot", "SobolSample", "Softmax", "SoftmaxCrossEntropyWithLogits", "Softplus", "SoftplusGrad",
	"Softsign", "SoftsignGrad", "SpaceToBatch", "SpaceToBatchND", "SpaceToDepth", "SparseAdd", "SparseAddGrad",
	"SparseApplyAdadelta", "SparseApplyAdagrad", "SparseApplyAdagradDA", "SparseApplyAdagradV2", "SparseApplyCenteredRMSProp",
	"SparseApplyFtrl", "SparseApplyFtrlV2", "SparseApplyMomentum", "SparseApplyProximalAdagrad",
	"SparseApplyProximalGradientDescent", "SparseApplyRMSProp", "SparseBincount", "SparseConcat", "SparseCountSparseOutput",
	"SparseCross", "SparseCrossHashed", "SparseCrossV2", "SparseDenseCwiseAdd", "SparseDenseCwiseDiv", "SparseDenseCwiseMul",
	"SparseFillEmptyRows", "SparseFillEmptyRowsGrad", "SparseMatMul", "SparseMatrixAdd", "SparseMatrixMatMul",
	"SparseMatrixMul", "SparseMatrixNNZ", "SparseMatrixOrderingAMD", "SparseMatrixSoftmax", "SparseMatrixSoftmaxGrad",
	"SparseMatrixSparseCholesky", "SparseMatrixSparseMatMul", "SparseMatrixTranspose", "SparseMatrixZeros", "SparseReduceMax",
	"SparseReduceMaxSparse", "SparseReduceSum", "SparseReduceSumSparse", "SparseReorder", "SparseReshape",
	"SparseSegmentMean", "SparseSegmentMeanGrad", "SparseSegmentMeanGradV2", "SparseSegmentMeanWithNumSegments",
	"SparseSegmentSqrtN", "SparseSegmentSqrtNGrad", "SparseSegmentSqrtNGradV2", "SparseSegmentSqrtNWithNumSegments",
	"SparseSegmentSum", "SparseSegmentSumGrad", "SparseSegmentSumGradV2", "SparseSegmentSumWithNumSegments", "SparseSlice",
	"SparseSliceGrad", "SparseSoftmax", "SparseSoftmaxCrossEntropyWithLogits", "SparseSparseMaximum", "SparseSparseMinimum",
	"SparseSplit", "SparseTensorDenseAdd", "SparseTensorDenseMatMul", "SparseTensorToCSRSparseMatrix", "SparseToDense",
	"SparseToSparseSetOperation", "Spence", "Split", "SplitV", "Sqrt", "SqrtGrad", "Square", "SquaredDifference", "Squeeze",
	"Stack", "StackClose", "StackCloseV2", "StackPop", "StackPopV2", "StackPush", "StackPushV2", "StackV2",
	"StatefulPartitionedCall", "StatefulRandomBinomial", "StatefulStandardNormal", "StatefulStandardNormalV2",
	"StatefulTruncatedNormal", "StatefulUniform", "StatefulUniformFullInt", "StatefulUniformInt", "StatelessCase",
	"StatelessIf", "StatelessMultinomial", "StatelessParameterizedTruncatedNormal", "StatelessRandomBinomial",
	"StatelessRandomGammaV2", "StatelessRandomGammaV3", "StatelessRandomGetAlg", "StatelessRandomGetKeyCounter",
	"StatelessRandomGetKeyCounterAlg", "StatelessRandomNormal", "StatelessRandomNormalV2", "StatelessRandomPoisson",
	"StatelessRandomUniform", "StatelessRandomUniformFullInt", "StatelessRandomUniformFullIntV2", "StatelessRandomUniformInt",
	"StatelessRandomUniformIntV2", "StatelessRandomUniformV2", "StatelessSampleDistortedBoundingBox", "StatelessShuffle",
	"StatelessTruncatedNormal", "StatelessTruncatedNormalV2", "StatelessWhile", "StaticRegexFullMatch", "StaticRegexReplace",
	"StochasticCastToInt", "StopGradient", "StridedSlice", "StridedSliceAssign", "StridedSliceGrad", "StringFormat",
	"StringJoin", "StringLength", "StringLower", "StringNGrams", "StringSplit", "StringSplitV2", "StringStrip",
	"StringToHashBucket", "StringToHashBucketFast", "StringToHashBucketStrong", "StringToNumber", "StringUpper", "Sub",
	"Substr", "Sum", "Svd", "Switch", "SymbolicGradient", "Tan", "Tanh", "TanhGrad", "TemporaryVariable", "TensorArray",
	"TensorArrayClose", "TensorArrayCloseV2", "TensorArrayCloseV3", "TensorArrayConcat", "TensorArrayConcatV2",
	"TensorArrayConcatV3", "TensorArrayGather", "TensorArrayGatherV2", "TensorArrayGatherV3", "TensorArrayGrad",
	"TensorArrayGradV2", "TensorArrayGradV3", "TensorArrayGradWithShape", "TensorArrayPack", "TensorArrayRead",
	"TensorArrayReadV2", "TensorArrayReadV3", "TensorArrayScatter", "TensorArrayScatterV2", "TensorArrayScatterV3",
	"TensorArraySize", "TensorArraySizeV2", "TensorArraySizeV3", "TensorArraySplit", "TensorArraySplitV2",
	"TensorArraySplitV3", "TensorArrayUnpack", "TensorArrayV2", "TensorArrayV3", "TensorArrayWrite", "TensorArrayWriteV2",
	"TensorArrayWriteV3", "TensorListConcat", "TensorListConcatLists", "TensorListConcatV2", "TensorListElementShape",
	"TensorListFromTensor", "TensorListGather", "TensorListGetItem", "TensorListLength", "TensorListPopBack",
	"TensorListPushBack", "TensorListPushBackBatch", "TensorListReserve", "TensorListResize", "TensorListScatter",
	"TensorListScatterIntoExistingList", "TensorListScatterV2", "TensorListSetItem", "TensorListSplit", "TensorListStack",
	"TensorMapErase", "TensorMapHasKey", "TensorMapInsert", "TensorMapLookup", "TensorMapSize", "TensorMapStackKeys",
	"TensorScatterAdd", "TensorScatterMax", "TensorScatterMin", "TensorScatterSub", "TensorScatterUpdate",
	"TensorStridedSliceUpdate", "TensorSummary", "TensorSummaryV2", "ThreadUnsafeUnigramCandidateSampler", "Tile", "TileGrad",
	"Timestamp", "ToBool", "TopK", "TopKUnique", "TopKV2", "TopKWithUnique", "Transpose", "TridiagonalMatMul",
	"TridiagonalSolve", "TruncateDiv", "TruncateMod", "TruncatedNormal", "Unbatch", "UnbatchGrad", "UnicodeDecode",
	"UnicodeDecodeWithOffsets", "UnicodeEncode", "UnicodeScript", "UnicodeTranscode", "UniformCandidateSampler",
	"UniformDequantize", "UniformQuantize", "UniformQuantizedAdd", "UniformQuantizedClipByValue",
	"UniformQuantizedConvolution", "UniformQuantizedConvolutionHybrid", "UniformQuantizedDot", "UniformQuantizedDotHybrid",
	"UniformRequantize", "Unique", "UniqueV2", "UniqueWithCounts", "UniqueWithCountsV2", "Unpack", "UnravelIndex",
	"UnsortedSegmentJoin", "UnsortedSegmentMax", "UnsortedSegmentMin", "UnsortedSegmentProd", "UnsortedSegmentSum",
	"UpdateTaskIdAndGlobalCoreArray", "UpperBound", "VarHandleOp", "VarIsInitializedOp", "Variable", "VariableShape",
	"VariableV2", "Where", "While", "Xdivy", "Xlog1py", "Xlogy", "ZerosLike", "Zeta"
};

/* Paths that they read or write are judged by the reader. */
static const char *const savers[] = {
	"MergeV2Checkpoints", "Restore", "RestoreSlice", "RestoreV2", "Save", "SaveSlices", "SaveV2", "ShardedFilename", "ShardedFilespec"
};

static const struct {
	const char *name;
	bool prefix;             /* name is the start of the operator's */
	const char *why;
} denied[] = {
	{"PyFunc", true, "calls a Python function of the loading program"},
	{"EagerPyFunc", false, "calls a Python function of the loading program"},
	{"ReadFile", false, "reads any file"},
	{"WriteFile", false, "writes any file"},
	{"MatchingFiles", false, "lists files"},
	{"WholeFileReader", true, "reads any file"},
	{"TextLineReader", true, "reads any file"},
	{"FixedLengthRecordReader", true, "reads any file"},
	{"TFRecordReader", true, "reads any file"},
	{"LMDBReader", false, "opens a database file"},
	{"Reader", true, "reads any file"},
	{"RecordInput", false, "reads any file"},
	{"ImmutableConst", false, "maps a file into memory"},
	{"Skipgram", false, "reads any file"},
	{"FixedUnigramCandidateSampler", false, "can read its vocabulary from any file"},
	{"GenerateVocabRemapping", false, "reads any file"},
	{"LoadAndRemapMatrix", false, "reads a checkpoint from any path"},
	{"InitializeTableFromTextFile", true, "reads any file"},
	{"LookupTableImport", true, "replaces the content of a table"},
	{"FileSystemSetConfiguration", false, "configures a file system"},
	{"DecodeProtoV2", false, "can read message descriptors from any file"},
	{"EncodeProto", false, "can read message descriptors from any file"},
	{"Print", true, "writes to the log or to a file"},
	{"CreateSummaryFileWriter", false, "writes files"},
	{"CreateSummaryDbWriter", false, "writes a database"},
	{"CloseSummaryWriter", false, "writes files"},
	{"FlushSummaryWriter", false, "writes files"},
	{"SummaryWriter", false, "writes files"},
	{"ImportEvent", false, "writes files"},
	{"Write", true, "writes files"},
	{"DebugIdentity", true, "can write tensors to files or to other machines"},
	{"DebugNanCount", false, "can write tensors to files or to other machines"},
	{"DebugNumericSummary", true, "can write tensors to files or to other machines"},
	{"Abort", false, "ends the process"},
	{"RemoteCall", false, "runs a function on another device or machine"},
	{"Collective", true, "talks to other machines"},
	{"DataService", true, "talks to other machines"},
	{"Send", false, "talks to other machines"},
	{"Recv", false, "talks to other machines"},
	{"Queue", true, "works on a queue that other threads fill"},
	{"FIFOQueue", true, "works on a queue that other threads fill"},
	{"PaddingFIFOQueue", true, "works on a queue that other threads fill"},
	{"PriorityQueue", true, "works on a queue that other threads fill"},
	{"RandomShuffleQueue", true, "works on a queue that other threads fill"},
	{"Barrier", true, "works on a queue that other threads fill"},
	{"TFRecordDataset", true, "reads any file"},
	{"TextLineDataset", false, "reads any file"},
	{"FixedLengthRecordDataset", true, "reads any file"},
	{"CSVDataset", true, "reads any file"},
	{"SqlDataset", false, "opens a database file"},
	{"LMDBDataset", false, "opens a database file"},
	{"MatchingFilesDataset", false, "lists files"},
	{"LoadDataset", false, "reads any file"},
	{"SaveDataset", true, "writes any file"},
	{"SnapshotDataset", true, "reads and writes any file"},
	{"DatasetToTFRecord", false, "writes any file"},
	{"XlaCallModule", false, "runs a compiled module, which may call any registered function"},
	{"XlaCustomCall", true, "calls a function of the loading program"},
	{"XlaHostCompute", false, "calls a function of the loading program"},
	{"MlirPassthroughOp", false, "compiles code that the model brings"}
};

static int compare(const void *key, const void *one)
{
	return strcmp(key, *(const char *const *)one);
}

bool ay_tensorflow_computes(const char *name)
{
	return bsearch(name, computing, AY_ARRAY_LEN(computing), sizeof(computing[0]), compare) != NULL;
}

bool ay_tensorflow_saver(const char *name)
{
	for (size_t i = 0; i < AY_ARRAY_LEN(savers); i++)
		if (strcmp(savers[i], name) == 0)
			return true;
	return false;
}

const char *ay_tensorflow_denied(const char *name)
{
	for (size_t i = 0; i < AY_ARRAY_LEN(denied); i++)
		if (denied[i].prefix ? strncmp(name, denied[i].name, strlen(denied[i].name)) == 0 : strcmp(name, denied[i].name) == 0)
			return denied[i].why;
	return NULL;
}

static bool one_of(const char *name, const char *const *list)
{
	for (; *list; list++)
		if (strcmp(name, *list) == 0)
			return true;
	return false;
}

bool ay_tensorflow_object(const char *identifier)
{
	static const char *const known[] = {
		"_generic_user_object", "_tf_distribute_sharded_variable", "_tf_keras_input_layer", "_tf_keras_layer", "_tf_keras_metric",
		"_tf_keras_model", "_tf_keras_network", "_tf_keras_rnn_layer", "_tf_keras_sequential", "checkpointable_dict_wrapper",
		"checkpointable_list_wrapper", "experimentalOptimizer", "optimizer", "signature_map", "trackable_dict_wrapper", "trackable_list_wrapper",
		"trackable_tuple_wrapper", NULL
	};

	return one_of(identifier, known);
}

bool ay_tensorflow_registered(const char *name)
{
	static const char *const known[] = {"Custom.StaticHashTable", "tf.StaticHashTable", "tf.TrackableConstant", NULL};

	return one_of(name, known);
}
