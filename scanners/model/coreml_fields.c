/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The messages of Core ML (coremltools, mlmodel/format, specification version
 * 10) that a model can hold, sorted by name. fields: number, * when it may
 * repeat, and what it is: v varint, f 32 bits, d 64 bits, s text, b bytes,
 * :MESSAGE, !NAME a class or file outside of the model, ?NAME bytes of no
 * published form. A map is a message of key and value, as on the wire.
 */
#include "scanners/model/coreml.h"

#include <string.h>

#include "assay/attr.h"

const struct ay_coreml_message ay_coreml_messages[] = {
	{"AcosLayerParams", ""},
	{"AcoshLayerParams", ""},
	{"ActivationELU", "1f"},
	{"ActivationLeakyReLU", "1f"},
	{"ActivationLinear", "1f 2f"},
	{"ActivationPReLU", "1:WeightParams"},
	{"ActivationParametricSoftplus", "1:WeightParams 2:WeightParams"},
	{"ActivationParams", "5:ActivationLinear 10:ActivationReLU 15:ActivationLeakyReLU 20:ActivationThresholdedReLU"
	 " 25:ActivationPReLU 30:ActivationTanh 31:ActivationScaledTanh 40:ActivationSigmoid 41:ActivationSigmoidHard"
	 " 50:ActivationELU 60:ActivationSoftsign 70:ActivationSoftplus 71:ActivationParametricSoftplus"},
	{"ActivationReLU", ""},
	{"ActivationScaledTanh", "1f 2f"},
	{"ActivationSigmoid", ""},
	{"ActivationSigmoidHard", "1f 2f"},
	{"ActivationSoftplus", ""},
	{"ActivationSoftsign", ""},
	{"ActivationTanh", ""},
	{"ActivationThresholdedReLU", "1f"},
	{"AdamOptimizer", "1:DoubleParameter 2:Int64Parameter 3:DoubleParameter 4:DoubleParameter 5:DoubleParameter"},
	{"AddBroadcastableLayerParams", ""},
	{"AddLayerParams", "1f"},
	{"ArgMaxLayerParams", "1v 2v"},
	{"ArgMinLayerParams", "1v 2v"},
	{"ArgSortLayerParams", "1v 2v"},
	{"Argument", "1*:Argument.Binding"},
	{"Argument.Binding", "1s 2:Value"},
	{"ArrayFeatureExtractor", "1*v"},
	{"ArrayFeatureType", "1*v 2v 21:ArrayFeatureType.EnumeratedShapes 31:ArrayFeatureType.ShapeRange 41v 51f 61d"},
	{"ArrayFeatureType.EnumeratedShapes", "1*:ArrayFeatureType.Shape"},
	{"ArrayFeatureType.Shape", "1*v"},
	{"ArrayFeatureType.ShapeRange", "1*:SizeRange"},
	{"AsinLayerParams", ""},
	{"AsinhLayerParams", ""},
	{"AtanLayerParams", ""},
	{"AtanhLayerParams", ""},
	{"AudioFeaturePrint", "20:AudioFeaturePrint.Sound"},
	{"AudioFeaturePrint.Sound", "1v"},
	{"AverageLayerParams", ""},
	{"BatchedMatMulLayerParams", "1v 2v 5v 6v 7v 8:WeightParams 9:WeightParams 10v"},
	{"BatchnormLayerParams", "1v 5v 6v 10f 15:WeightParams 16:WeightParams 17:WeightParams 18:WeightParams"},
	{"BayesianProbitRegressor", "1v 2:BayesianProbitRegressor.Gaussian 3*:BayesianProbitRegressor.FeatureWeight 10s 11s 12s 13s"
	 " 20s 21s 22s 23s"},
	{"BayesianProbitRegressor.FeatureValueWeight", "1v 2:BayesianProbitRegressor.Gaussian"},
	{"BayesianProbitRegressor.FeatureWeight", "1v 2*:BayesianProbitRegressor.FeatureValueWeight"},
	{"BayesianProbitRegressor.Gaussian", "1d 2d"},
	{"BiDirectionalLSTMLayerParams", "1v 2v 10*:ActivationParams 11*:ActivationParams 15:LSTMParams 20*:LSTMWeightParams"},
	{"BiasLayerParams", "1*v 2:WeightParams"},
	{"Block", "1*:NamedValueType 2*s 3*:Operation 4*:Block.attributesEntry"},
	{"Block.attributesEntry", "1s 2:Value"},
	{"BoolParameter", "1v"},
	{"BorderAmounts", "10*:BorderAmounts.EdgeSizes"},
	{"BorderAmounts.EdgeSizes", "1v 2v"},
	{"BoxCoordinatesMode", "1v"},
	{"BranchLayerParams", "1:NeuralNetwork 2:NeuralNetwork"},
	{"BroadcastToDynamicLayerParams", ""},
	{"BroadcastToLikeLayerParams", ""},
	{"BroadcastToStaticLayerParams", "1*v"},
	{"CategoricalCrossEntropyLossLayer", "1s 2s"},
	{"CategoricalDistributionLayerParams", "1v 2v 3v 4f 5f"},
	{"CategoricalMapping", "1:StringToInt64Map 2:Int64ToStringMap 101s 102v"},
	{"CeilLayerParams", ""},
	{"ClampedReLULayerParams", "1f 2f"},
	{"ClassConfidenceThresholding", "100*:PrecisionRecallCurve"},
	{"ClipLayerParams", "1f 2f"},
	{"Coefficients", "1*d"},
	{"ConcatLayerParams", "100v"},
	{"ConcatNDLayerParams", "1v 2v"},
	{"ConstantPaddingLayerParams", "1f 2*v 3v"},
	{"Convolution3DLayerParams", "1v 2v 10v 20v 21v 22v 31v 32v 33v 40v 41v 42v 50v 60:WeightParams 61:WeightParams 70v 80v 81v"
	 " 82v 83v 84v 85v 86v 87*v"},
	{"ConvolutionLayerParams", "1v 2v 10v 20*v 30*v 40*v 50:ValidPadding 51:SamePadding 60v 70v 90:WeightParams 91:WeightParams"
	 " 100*v"},
	{"CopyLayerParams", ""},
	{"CosLayerParams", ""},
	{"CoshLayerParams", ""},
	{"CropLayerParams", "1:BorderAmounts 5*v"},
	{"CropResizeLayerParams", "1*v 2v 3:SamplingMode 4:BoxCoordinatesMode 5f"},
	{"CumSumLayerParams", "1v 2v 3v"},
	{"DenseSupportVectors", "1*:DenseVector"},
	{"DenseVector", "1*d"},
	{"DictVectorizer", "1:StringVector 2:Int64Vector"},
	{"DictionaryFeatureType", "1:Int64FeatureType 2:StringFeatureType"},
	{"DictionaryType", "1:ValueType 2:ValueType"},
	{"DictionaryValue", "1*:DictionaryValue.KeyValuePair"},
	{"DictionaryValue.KeyValuePair", "1:Value 2:Value"},
	{"Dimension", "1:Dimension.ConstantDimension 2:Dimension.UnknownDimension"},
	{"Dimension.ConstantDimension", "1v"},
	{"Dimension.UnknownDimension", "1v"},
	{"DivideBroadcastableLayerParams", ""},
	{"DotProductLayerParams", "1v"},
	{"DoubleFeatureType", ""},
	{"DoubleParameter", "1d 10:DoubleRange"},
	{"DoubleRange", "1d 2d"},
	{"DoubleVector", "1*d"},
	{"EmbeddingLayerParams", "1v 2v 10v 20:WeightParams 21:WeightParams"},
	{"EmbeddingNDLayerParams", "1v 2v 3v 20:WeightParams 21:WeightParams"},
	{"EqualLayerParams", "1f"},
	{"ErfLayerParams", ""},
	{"Exp2LayerParams", ""},
	{"ExpandDimsLayerParams", "1*v"},
	{"FeatureDescription", "1s 2s 3:FeatureType"},
	{"FeatureType", "1:Int64FeatureType 2:DoubleFeatureType 3:StringFeatureType 4:ImageFeatureType 5:ArrayFeatureType"
	 " 6:DictionaryFeatureType 7:SequenceFeatureType 8:StateFeatureType 1000v"},
	{"FeatureVectorizer", "1*:FeatureVectorizer.InputColumn"},
	{"FeatureVectorizer.InputColumn", "1s 2v"},
	{"FillDynamicLayerParams", "1f"},
	{"FillLikeLayerParams", "1f"},
	{"FillStaticLayerParams", "1f 2*v"},
	{"FlattenLayerParams", "1v"},
	{"FlattenTo2DLayerParams", "1v"},
	{"FloatVector", "1*f"},
	{"FloorDivBroadcastableLayerParams", ""},
	{"FloorLayerParams", ""},
	{"Function", "1*:NamedValueType 2s 3*:Function.block_specializationsEntry 4*:Function.attributesEntry"},
	{"Function.attributesEntry", "1s 2:Value"},
	{"Function.block_specializationsEntry", "1s 2:Block"},
	{"FunctionDescription", "1s 2*:FeatureDescription 3*:FeatureDescription 4s 5s 6*:FeatureDescription"},
	{"GLMClassifier", "1*:GLMClassifier.DoubleArray 2*d 3v 4v 100:StringVector 101:Int64Vector"},
	{"GLMClassifier.DoubleArray", "1*d"},
	{"GLMRegressor", "1*:GLMRegressor.DoubleArray 2*d 3v"},
	{"GLMRegressor.DoubleArray", "1*d"},
	{"GRULayerParams", "1v 2v 10*:ActivationParams 15v 20v 30:WeightParams 31:WeightParams 32:WeightParams 50:WeightParams"
	 " 51:WeightParams 52:WeightParams 70:WeightParams 71:WeightParams 72:WeightParams 100v"},
	{"GatherAlongAxisLayerParams", "1v"},
	{"GatherLayerParams", "1v"},
	{"GatherNDLayerParams", ""},
	{"GeluLayerParams", "1v"},
	{"GetShapeLayerParams", ""},
	{"GlobalPooling3DLayerParams", "1v"},
	{"GreaterEqualLayerParams", "2f"},
	{"GreaterThanLayerParams", "2f"},
	{"Identity", ""},
	{"ImageFeatureType", "1v 2v 3v 21:ImageFeatureType.EnumeratedImageSizes 31:ImageFeatureType.ImageSizeRange"},
	{"ImageFeatureType.EnumeratedImageSizes", "1*:ImageFeatureType.ImageSize"},
	{"ImageFeatureType.ImageSize", "1v 2v"},
	{"ImageFeatureType.ImageSizeRange", "1:SizeRange 2:SizeRange"},
	{"Imputer", "1d 2v 3s 4:DoubleVector 5:Int64Vector 6:StringToDoubleMap 7:Int64ToDoubleMap 11d 12v 13s"},
	{"InnerProductLayerParams", "1v 2v 10v 20:WeightParams 21:WeightParams 22v"},
	{"Int64FeatureType", ""},
	{"Int64Parameter", "1v 10:Int64Range 11:Int64Set"},
	{"Int64Range", "1v 2v"},
	{"Int64Set", "1*v"},
	{"Int64ToDoubleMap", "1*:Int64ToDoubleMap.mapEntry"},
	{"Int64ToDoubleMap.mapEntry", "1v 2d"},
	{"Int64ToStringMap", "1*:Int64ToStringMap.mapEntry"},
	{"Int64ToStringMap.mapEntry", "1v 2s"},
	{"Int64Vector", "1*v"},
	{"InverseDistanceWeighting", ""},
	{"ItemSimilarityRecommender", "1*:ItemSimilarityRecommender.SimilarItems 2:StringVector 3:Int64Vector 10s 11s 12s 13s 20s"
	 " 21s"},
	{"ItemSimilarityRecommender.ConnectedItem", "1v 2d"},
	{"ItemSimilarityRecommender.SimilarItems", "1v 2*:ItemSimilarityRecommender.ConnectedItem 3d"},
	{"KNearestNeighborsClassifier", "1:NearestNeighborsIndex 3:Int64Parameter 100:StringVector 101:Int64Vector 110s 111v"
	 " 200:UniformWeighting 210:InverseDistanceWeighting"},
	{"Kernel", "1:LinearKernel 2:RBFKernel 3:PolyKernel 4:SigmoidKernel"},
	{"L2NormalizeLayerParams", "1f"},
	{"LRNLayerParams", "1f 2f 3v 4f"},
	{"LSTMParams", "10v 20v 30v 40v 50v 60f"},
	{"LSTMWeightParams", "1:WeightParams 2:WeightParams 3:WeightParams 4:WeightParams 20:WeightParams 21:WeightParams"
	 " 22:WeightParams 23:WeightParams 40:WeightParams 41:WeightParams 42:WeightParams 43:WeightParams 60:WeightParams"
	 " 61:WeightParams 62:WeightParams"},
	{"LayerNormalizationLayerParams", "1*v 2f 3:WeightParams 4:WeightParams"},
	{"LessEqualLayerParams", "2f"},
	{"LessThanLayerParams", "2f"},
	{"LinearIndex", ""},
	{"LinearKernel", ""},
	{"LinearQuantizationParams", "1*f 2*f"},
	{"ListType", "1:ValueType 2:Dimension"},
	{"ListValue", "1*:Value"},
	{"LoadConstantLayerParams", "1*v 2:WeightParams"},
	{"LoadConstantNDLayerParams", "1*v 2:WeightParams"},
	{"LogicalAndLayerParams", ""},
	{"LogicalNotLayerParams", ""},
	{"LogicalOrLayerParams", ""},
	{"LogicalXorLayerParams", ""},
	{"LookUpTableQuantizationParams", "1*f"},
	{"LoopBreakLayerParams", ""},
	{"LoopContinueLayerParams", ""},
	{"LoopLayerParams", "1v 2s 3:NeuralNetwork 4:NeuralNetwork"},
	{"LossLayer", "1s 10:CategoricalCrossEntropyLossLayer 11:MeanSquaredErrorLossLayer"},
	{"LowerTriangularLayerParams", "1v"},
	{"MatrixBandPartLayerParams", "1v 2v"},
	{"MaxBroadcastableLayerParams", ""},
	{"MaxLayerParams", ""},
	{"MeanSquaredErrorLossLayer", "1s 2s"},
	{"MeanVarianceNormalizeLayerParams", "1v 2v 3f"},
	{"Metadata", "1s 2s 3s 4s 100*:Metadata.userDefinedEntry"},
	{"Metadata.userDefinedEntry", "1s 2s"},
	{"MinBroadcastableLayerParams", ""},
	{"MinLayerParams", ""},
	{"ModBroadcastableLayerParams", ""},
	{"Model", "1v 2:ModelDescription 10v 200:PipelineClassifier 201:PipelineRegressor 202:Pipeline 300:GLMRegressor"
	 " 301:SupportVectorRegressor 302:TreeEnsembleRegressor 303:NeuralNetworkRegressor 304:BayesianProbitRegressor"
	 " 400:GLMClassifier 401:SupportVectorClassifier 402:TreeEnsembleClassifier 403:NeuralNetworkClassifier"
	 " 404:KNearestNeighborsClassifier 500:NeuralNetwork 501:ItemSimilarityRecommender 502:Program 555!customModel"
	 " 556!linkedModel 560:ClassConfidenceThresholding 600:OneHotEncoder 601:Imputer 602:FeatureVectorizer 603:DictVectorizer"
	 " 604:Scaler 606:CategoricalMapping 607:Normalizer 609:ArrayFeatureExtractor 610:NonMaximumSuppression 900:Identity"
	 " 2000?textClassifier 2001?wordTagger 2002:VisionFeaturePrint 2003:SoundAnalysisPreprocessing 2004?gazetteer"
	 " 2005?wordEmbedding 2006:AudioFeaturePrint 3000?serializedModel"},
	{"ModelDescription", "1*:FeatureDescription 10*:FeatureDescription 11s 12s 13*:FeatureDescription 20*:FunctionDescription"
	 " 21s 50*:FeatureDescription 100:Metadata"},
	{"MultiplyBroadcastableLayerParams", ""},
	{"MultiplyLayerParams", "1f"},
	{"NamedValueType", "1s 2:ValueType"},
	{"NearestNeighborsIndex", "1v 2*:FloatVector 100:LinearIndex 110:SingleKdTreeIndex 200:SquaredEuclideanDistance"},
	{"NetworkUpdateParameters", "1*:LossLayer 2:Optimizer 3:Int64Parameter 10:BoolParameter 20:Int64Parameter"},
	{"NeuralNetwork", "1*:NeuralNetworkLayer 2*:NeuralNetworkPreprocessing 5v 6v 10:NetworkUpdateParameters"},
	{"NeuralNetworkClassifier", "1*:NeuralNetworkLayer 2*:NeuralNetworkPreprocessing 5v 6v 10:NetworkUpdateParameters"
	 " 100:StringVector 101:Int64Vector 200s"},
	{"NeuralNetworkImageScaler", "10f 20f 21f 22f 30f"},
	{"NeuralNetworkLayer", "1s 2*s 3*s 4*:Tensor 5*:Tensor 10v 100:ConvolutionLayerParams 120:PoolingLayerParams"
	 " 130:ActivationParams 140:InnerProductLayerParams 150:EmbeddingLayerParams 160:BatchnormLayerParams"
	 " 165:MeanVarianceNormalizeLayerParams 170:L2NormalizeLayerParams 175:SoftmaxLayerParams 180:LRNLayerParams"
	 " 190:CropLayerParams 200:PaddingLayerParams 210:UpsampleLayerParams 211:ResizeBilinearLayerParams"
	 " 212:CropResizeLayerParams 220:UnaryFunctionLayerParams 230:AddLayerParams 231:MultiplyLayerParams 240:AverageLayerParams"
	 " 245:ScaleLayerParams 250:BiasLayerParams 260:MaxLayerParams 261:MinLayerParams 270:DotProductLayerParams"
	 " 280:ReduceLayerParams 290:LoadConstantLayerParams 300:ReshapeLayerParams 301:FlattenLayerParams 310:PermuteLayerParams"
	 " 320:ConcatLayerParams 330:SplitLayerParams 340:SequenceRepeatLayerParams 345:ReorganizeDataLayerParams"
	 " 350:SliceLayerParams 400:SimpleRecurrentLayerParams 410:GRULayerParams 420:UniDirectionalLSTMLayerParams"
	 " 430:BiDirectionalLSTMLayerParams 500!custom 600:CopyLayerParams 605:BranchLayerParams 615:LoopLayerParams"
	 " 620:LoopBreakLayerParams 625:LoopContinueLayerParams 635:RangeStaticLayerParams 640:RangeDynamicLayerParams"
	 " 660:ClipLayerParams 665:CeilLayerParams 670:FloorLayerParams 680:SignLayerParams 685:RoundLayerParams"
	 " 700:Exp2LayerParams 710:SinLayerParams 715:CosLayerParams 720:TanLayerParams 730:AsinLayerParams 735:AcosLayerParams"
	 " 740:AtanLayerParams 750:SinhLayerParams 755:CoshLayerParams 760:TanhLayerParams 770:AsinhLayerParams"
	 " 775:AcoshLayerParams 780:AtanhLayerParams 790:ErfLayerParams 795:GeluLayerParams 815:EqualLayerParams"
	 " 820:NotEqualLayerParams 825:LessThanLayerParams 827:LessEqualLayerParams 830:GreaterThanLayerParams"
	 " 832:GreaterEqualLayerParams 840:LogicalOrLayerParams 845:LogicalXorLayerParams 850:LogicalNotLayerParams"
	 " 855:LogicalAndLayerParams 865:ModBroadcastableLayerParams 870:MinBroadcastableLayerParams"
	 " 875:MaxBroadcastableLayerParams 880:AddBroadcastableLayerParams 885:PowBroadcastableLayerParams"
	 " 890:DivideBroadcastableLayerParams 895:FloorDivBroadcastableLayerParams 900:MultiplyBroadcastableLayerParams"
	 " 905:SubtractBroadcastableLayerParams 920:TileLayerParams 925:StackLayerParams 930:GatherLayerParams"
	 " 935:ScatterLayerParams 940:GatherNDLayerParams 945:ScatterNDLayerParams 950:SoftmaxNDLayerParams"
	 " 952:GatherAlongAxisLayerParams 954:ScatterAlongAxisLayerParams 960:ReverseLayerParams 965:ReverseSeqLayerParams"
	 " 975:SplitNDLayerParams 980:ConcatNDLayerParams 985:TransposeLayerParams 995:SliceStaticLayerParams"
	 " 1000:SliceDynamicLayerParams 1005:SlidingWindowsLayerParams 1015:TopKLayerParams 1020:ArgMinLayerParams"
	 " 1025:ArgMaxLayerParams 1040:EmbeddingNDLayerParams 1045:BatchedMatMulLayerParams 1065:GetShapeLayerParams"
	 " 1070:LoadConstantNDLayerParams 1080:FillLikeLayerParams 1085:FillStaticLayerParams 1090:FillDynamicLayerParams"
	 " 1100:BroadcastToLikeLayerParams 1105:BroadcastToStaticLayerParams 1110:BroadcastToDynamicLayerParams"
	 " 1120:SqueezeLayerParams 1125:ExpandDimsLayerParams 1130:FlattenTo2DLayerParams 1135:ReshapeLikeLayerParams"
	 " 1140:ReshapeStaticLayerParams 1145:ReshapeDynamicLayerParams 1150:RankPreservingReshapeLayerParams"
	 " 1155:ConstantPaddingLayerParams 1170:RandomNormalLikeLayerParams 1175:RandomNormalStaticLayerParams"
	 " 1180:RandomNormalDynamicLayerParams 1190:RandomUniformLikeLayerParams 1195:RandomUniformStaticLayerParams"
	 " 1200:RandomUniformDynamicLayerParams 1210:RandomBernoulliLikeLayerParams 1215:RandomBernoulliStaticLayerParams"
	 " 1220:RandomBernoulliDynamicLayerParams 1230:CategoricalDistributionLayerParams 1250:ReduceL1LayerParams"
	 " 1255:ReduceL2LayerParams 1260:ReduceMaxLayerParams 1265:ReduceMinLayerParams 1270:ReduceSumLayerParams"
	 " 1275:ReduceProdLayerParams 1280:ReduceMeanLayerParams 1285:ReduceLogSumLayerParams 1290:ReduceSumSquareLayerParams"
	 " 1295:ReduceLogSumExpLayerParams 1313:WhereNonZeroLayerParams 1315:MatrixBandPartLayerParams"
	 " 1320:LowerTriangularLayerParams 1325:UpperTriangularLayerParams 1330:WhereBroadcastableLayerParams"
	 " 1350:LayerNormalizationLayerParams 1400:NonMaximumSuppressionLayerParams 1450:OneHotLayerParams 1455:CumSumLayerParams"
	 " 1460:ClampedReLULayerParams 1461:ArgSortLayerParams 1465:Pooling3DLayerParams 1466:GlobalPooling3DLayerParams"
	 " 1470:SliceBySizeLayerParams 1471:Convolution3DLayerParams"},
	{"NeuralNetworkMeanImage", "1*f"},
	{"NeuralNetworkPreprocessing", "1s 10:NeuralNetworkImageScaler 11:NeuralNetworkMeanImage"},
	{"NeuralNetworkRegressor", "1*:NeuralNetworkLayer 2*:NeuralNetworkPreprocessing 5v 6v 10:NetworkUpdateParameters"},
	{"NonMaximumSuppression", "1:NonMaximumSuppression.PickTop 100:StringVector 101:Int64Vector 110d 111d 200s 201s 202s 203s"
	 " 210s 211s"},
	{"NonMaximumSuppression.PickTop", "1v"},
	{"NonMaximumSuppressionLayerParams", "1f 2f 3v 4v"},
	{"Normalizer", "1v"},
	{"NotEqualLayerParams", "1f"},
	{"OneHotEncoder", "1:StringVector 2:Int64Vector 10v 11v"},
	{"OneHotLayerParams", "1v 2v 3f 4f"},
	{"Operation", "1s 2*:Operation.inputsEntry 3*:NamedValueType 4*:Block 5*:Operation.attributesEntry"},
	{"Operation.attributesEntry", "1s 2:Value"},
	{"Operation.inputsEntry", "1s 2:Argument"},
	{"Optimizer", "10:SGDOptimizer 11:AdamOptimizer"},
	{"PaddingLayerParams", "1:PaddingLayerParams.PaddingConstant 2:PaddingLayerParams.PaddingReflection"
	 " 3:PaddingLayerParams.PaddingReplication 10:BorderAmounts"},
	{"PaddingLayerParams.PaddingConstant", "1f"},
	{"PaddingLayerParams.PaddingReflection", ""},
	{"PaddingLayerParams.PaddingReplication", ""},
	{"PermuteLayerParams", "1*v"},
	{"Pipeline", "1*:Model 2*s"},
	{"PipelineClassifier", "1:Pipeline"},
	{"PipelineRegressor", "1:Pipeline"},
	{"PolyKernel", "1v 2d 3d"},
	{"Pooling3DLayerParams", "1v 2v 3v 4v 5v 6v 7v 8v 9v 10v 11v 12v 13v 14v 15v"},
	{"PoolingLayerParams", "1v 10*v 20*v 30:ValidPadding 31:SamePadding 32:PoolingLayerParams.ValidCompletePadding 50v 60v"},
	{"PoolingLayerParams.ValidCompletePadding", "10*v"},
	{"PowBroadcastableLayerParams", ""},
	{"PrecisionRecallCurve", "1:FloatVector 2:FloatVector 3:FloatVector 4:FloatVector"},
	{"Program", "1v 2*:Program.functionsEntry 3s 4*:Program.attributesEntry"},
	{"Program.attributesEntry", "1s 2:Value"},
	{"Program.functionsEntry", "1s 2:Function"},
	{"QuantizationParams", "1v 101:LinearQuantizationParams 102:LookUpTableQuantizationParams"},
	{"RBFKernel", "1d"},
	{"RandomBernoulliDynamicLayerParams", "1v 2f"},
	{"RandomBernoulliLikeLayerParams", "1v 2f"},
	{"RandomBernoulliStaticLayerParams", "1v 2f 3*v"},
	{"RandomNormalDynamicLayerParams", "1v 2f 3f"},
	{"RandomNormalLikeLayerParams", "1v 2f 3f"},
	{"RandomNormalStaticLayerParams", "1v 2f 3f 4*v"},
	{"RandomUniformDynamicLayerParams", "1v 2f 3f"},
	{"RandomUniformLikeLayerParams", "1v 2f 3f"},
	{"RandomUniformStaticLayerParams", "1v 2f 3f 4*v"},
	{"RangeDynamicLayerParams", "2f 3f"},
	{"RangeStaticLayerParams", "1f 2f 3f"},
	{"RankPreservingReshapeLayerParams", "1*v"},
	{"ReduceL1LayerParams", "1*v 2v 3v"},
	{"ReduceL2LayerParams", "1*v 2v 3v"},
	{"ReduceLayerParams", "1v 2f 3v"},
	{"ReduceLogSumExpLayerParams", "1*v 2v 3v"},
	{"ReduceLogSumLayerParams", "1*v 2v 3v"},
	{"ReduceMaxLayerParams", "1*v 2v 3v"},
	{"ReduceMeanLayerParams", "1*v 2v 3v"},
	{"ReduceMinLayerParams", "1*v 2v 3v"},
	{"ReduceProdLayerParams", "1*v 2v 3v"},
	{"ReduceSumLayerParams", "1*v 2v 3v"},
	{"ReduceSumSquareLayerParams", "1*v 2v 3v"},
	{"ReorganizeDataLayerParams", "1v 2v"},
	{"ReshapeDynamicLayerParams", ""},
	{"ReshapeLayerParams", "1*v 2v"},
	{"ReshapeLikeLayerParams", ""},
	{"ReshapeStaticLayerParams", "1*v"},
	{"ResizeBilinearLayerParams", "1*v 2:SamplingMode"},
	{"ReverseLayerParams", "1*v"},
	{"ReverseSeqLayerParams", "1v 2v"},
	{"RoundLayerParams", ""},
	{"SGDOptimizer", "1:DoubleParameter 2:Int64Parameter 3:DoubleParameter"},
	{"SamePadding", "1v"},
	{"SamplingMode", "1v"},
	{"ScaleLayerParams", "1*v 2:WeightParams 3v 4*v 5:WeightParams"},
	{"Scaler", "1*d 2*d"},
	{"ScatterAlongAxisLayerParams", "1v 2v"},
	{"ScatterLayerParams", "1v 2v"},
	{"ScatterNDLayerParams", "1v"},
	{"SequenceFeatureType", "1:Int64FeatureType 3:StringFeatureType 101:SizeRange"},
	{"SequenceRepeatLayerParams", "1v"},
	{"SigmoidKernel", "1d 2d"},
	{"SignLayerParams", ""},
	{"SimpleRecurrentLayerParams", "1v 2v 10:ActivationParams 15v 20v 30:WeightParams 31:WeightParams 32:WeightParams 100v"},
	{"SinLayerParams", ""},
	{"SingleKdTreeIndex", "1v"},
	{"SinhLayerParams", ""},
	{"SizeRange", "1v 2v"},
	{"SliceBySizeLayerParams", "2v 3v"},
	{"SliceDynamicLayerParams", "2*v 3*v 4*v 5*v 6*v"},
	{"SliceLayerParams", "1v 2v 3v 4v"},
	{"SliceStaticLayerParams", "1*v 2*v 3*v 4*v 5*v 6*v"},
	{"SlidingWindowsLayerParams", "1v 2v 3v"},
	{"SoftmaxLayerParams", ""},
	{"SoftmaxNDLayerParams", "1v"},
	{"SoundAnalysisPreprocessing", "20:SoundAnalysisPreprocessing.Vggish"},
	{"SoundAnalysisPreprocessing.Vggish", ""},
	{"SparseNode", "1v 2d"},
	{"SparseSupportVectors", "1*:SparseVector"},
	{"SparseVector", "1*:SparseNode"},
	{"SplitLayerParams", "1v"},
	{"SplitNDLayerParams", "1v 2v 3*v"},
	{"SquaredEuclideanDistance", ""},
	{"SqueezeLayerParams", "1*v 2v"},
	{"StackLayerParams", "1v"},
	{"StateFeatureType", "1:ArrayFeatureType"},
	{"StateType", "1:ValueType"},
	{"StringFeatureType", ""},
	{"StringToDoubleMap", "1*:StringToDoubleMap.mapEntry"},
	{"StringToDoubleMap.mapEntry", "1s 2d"},
	{"StringToInt64Map", "1*:StringToInt64Map.mapEntry"},
	{"StringToInt64Map.mapEntry", "1s 2v"},
	{"StringVector", "1*s"},
	{"SubtractBroadcastableLayerParams", ""},
	{"SupportVectorClassifier", "1:Kernel 2*v 3:SparseSupportVectors 4:DenseSupportVectors 5*:Coefficients 6*d 7*d 8*d"
	 " 100:StringVector 101:Int64Vector"},
	{"SupportVectorRegressor", "1:Kernel 2:SparseSupportVectors 3:DenseSupportVectors 4:Coefficients 5d"},
	{"TanLayerParams", ""},
	{"TanhLayerParams", ""},
	{"Tensor", "1v 2*v"},
	{"TensorType", "1v 2v 3*:Dimension 4*:TensorType.attributesEntry"},
	{"TensorType.attributesEntry", "1s 2:Value"},
	{"TensorValue", "1:TensorValue.RepeatedFloats 2:TensorValue.RepeatedInts 3:TensorValue.RepeatedBools"
	 " 4:TensorValue.RepeatedStrings 5:TensorValue.RepeatedLongInts 6:TensorValue.RepeatedDoubles 7:TensorValue.RepeatedBytes"},
	{"TensorValue.RepeatedBools", "1*v"},
	{"TensorValue.RepeatedBytes", "1b"},
	{"TensorValue.RepeatedDoubles", "1*d"},
	{"TensorValue.RepeatedFloats", "1*f"},
	{"TensorValue.RepeatedInts", "1*v"},
	{"TensorValue.RepeatedLongInts", "1*v"},
	{"TensorValue.RepeatedStrings", "1*s"},
	{"TileLayerParams", "1*v"},
	{"TopKLayerParams", "1v 2v 3v"},
	{"TransposeLayerParams", "1*v"},
	{"TreeEnsembleClassifier", "1:TreeEnsembleParameters 2v 100:StringVector 101:Int64Vector"},
	{"TreeEnsembleParameters", "1*:TreeEnsembleParameters.TreeNode 2v 3*d"},
	{"TreeEnsembleParameters.TreeNode", "1v 2v 3v 10v 11d 12v 13v 14v 20*:TreeEnsembleParameters.TreeNode.EvaluationInfo 30d"},
	{"TreeEnsembleParameters.TreeNode.EvaluationInfo", "1v 2d"},
	{"TreeEnsembleRegressor", "1:TreeEnsembleParameters 2v"},
	{"TupleType", "1*:ValueType"},
	{"TupleValue", "1*:Value"},
	{"UnaryFunctionLayerParams", "1v 2f 3f 4f 5f"},
	{"UniDirectionalLSTMLayerParams", "1v 2v 10*:ActivationParams 15:LSTMParams 20:LSTMWeightParams 100v"},
	{"UniformWeighting", ""},
	{"UpperTriangularLayerParams", "1v"},
	{"UpsampleLayerParams", "1*v 5v 6v 7*f"},
	{"ValidPadding", "1:BorderAmounts"},
	{"Value", "1s 2:ValueType 3:Value.ImmediateValue 5:Value.BlobFileValue"},
	{"Value.BlobFileValue", "1s 2v"},
	{"Value.ImmediateValue", "1:TensorValue 2:TupleValue 3:ListValue 4:DictionaryValue"},
	{"ValueType", "1:TensorType 2:ListType 3:TupleType 4:DictionaryType 5:StateType"},
	{"VisionFeaturePrint", "20:VisionFeaturePrint.Scene 21:VisionFeaturePrint.Objects"},
	{"VisionFeaturePrint.Objects", "1v 100*s"},
	{"VisionFeaturePrint.Scene", "1v"},
	{"WeightParams", "1*f 2b 30b 31b 40:QuantizationParams 50v"},
	{"WhereBroadcastableLayerParams", ""},
	{"WhereNonZeroLayerParams", ""},
};
const size_t ay_coreml_messages_count = AY_ARRAY_LEN(ay_coreml_messages);

size_t ay_coreml_message_find(const char *name, size_t len)
{
	size_t from = 0, to = ay_coreml_messages_count;

	while (from < to) {
		size_t at = from + (to - from) / 2;
		const char *there = ay_coreml_messages[at].name;
		int order = strncmp(there, name, len);

		if (order == 0 && there[len])
			order = 1;
		if (order == 0)
			return at;
		if (order < 0)
			from = at + 1;
		else
			to = at;
	}
	return AY_COREML_NONE;
}
