/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/registry.h"

#include "scanners/formats/hdf5.h"

const struct ay_scanner *const ay_scanners[] = {
	&ay_scanner_zip,
	&ay_scanner_torch_zip,
	&ay_scanner_torch_export,
	&ay_scanner_distcp,
	&ay_scanner_dcp_metadata,
	&ay_scanner_npz,
	&ay_scanner_keras,
	&ay_scanner_npy,
	&ay_scanner_safetensors,
	&ay_scanner_gguf,
	&ay_scanner_tar,
	&ay_scanner_7z,
	&ay_scanner_gzip,
	&ay_scanner_zlib,
	&ay_scanner_bzip2,
	&ay_scanner_xz,
	&ay_scanner_lzma,
	&ay_scanner_lz4,
	&ay_scanner_zstd,
	&ay_scanner_pickle,
	&ay_scanner_torch_legacy,
	&ay_scanner_dbm_dumb,
	&ay_scanner_dbm_dumb_index,
	&ay_scanner_dbm_gnu,
	&ay_scanner_dbm_berkeley,
	&ay_scanner_dbm_sqlite,
	&ay_scanner_text,
	&ay_scanner_yaml,
	&ay_scanner_json,
	&ay_scanner_jsonl,
	&ay_scanner_csv,
	&ay_scanner_tiktoken,
	&ay_scanner_bpe,
	&ay_scanner_sentencepiece,
	&ay_scanner_png,
	&ay_scanner_jpeg,
	&ay_scanner_gif,
	&ay_scanner_webp,
	&ay_scanner_wav,
	&ay_scanner_flac,
	&ay_scanner_ogg,
	&ay_scanner_mp3,
	&ay_scanner_mp4,
	&ay_scanner_hdf5,
	&ay_scanner_refused,
	&ay_scanner_source_code,
	&ay_scanner_mlflow,
	&ay_scanner_requirements,
	&ay_scanner_pbtxt,
	&ay_scanner_mxnet,
	&ay_scanner_tflite,
	&ay_scanner_tensorflow,
	&ay_scanner_tf_keras,
	&ay_scanner_tf_index,
	&ay_scanner_tf_data,
	&ay_scanner_tf_checkpoint,
	&ay_scanner_executorch,
	&ay_scanner_onnx,
	&ay_scanner_onnx_data,
	&ay_scanner_raw_weights,
	&ay_scanner_msgpack,
	&ay_scanner_zarr,
	&ay_scanner_zarr_chunk,
	&ay_scanner_tfrecord,
	&ay_scanner_skops,
	&ay_scanner_coreml,
	&ay_scanner_coreml_weights,
	&ay_scanner_rds,
	&ay_scanner_xml,
	&ay_scanner_pmml,
	&ay_scanner_openvino,
	&ay_scanner_xgboost,
	&ay_scanner_xgboost_ubj,
	&ay_scanner_xgboost_binary,
	&ay_scanner_lightgbm,
	&ay_scanner_catboost,
	&ay_scanner_catboost_json,
	&ay_scanner_arrow,
	&ay_scanner_parquet,
};
const size_t ay_scanners_count = AY_ARRAY_LEN(ay_scanners);

const struct ay_scanner *ay_scanner_find(const char *name)
{
	for (size_t i = 0; i < ay_scanners_count; i++)
		if (strcmp(ay_scanners[i]->name, name) == 0)
			return ay_scanners[i];
	return NULL;
}

int ay_scanners_prepare(void)
{
	return ay_hdf5_library ? ay_hdf5_library->prepare() : 0;
}
