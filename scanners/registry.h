/* SPDX-License-Identifier: Apache-2.0 */
/* Every scanner, one line each; the table itself is in registry.c. */
#ifndef ASSAY_SCANNERS_REGISTRY_H
#define ASSAY_SCANNERS_REGISTRY_H

#include "assay/scan.h"

extern const struct ay_scanner ay_scanner_zip;
extern const struct ay_scanner ay_scanner_torch_zip;
extern const struct ay_scanner ay_scanner_torch_export;
extern const struct ay_scanner ay_scanner_distcp;
extern const struct ay_scanner ay_scanner_dcp_metadata;
extern const struct ay_scanner ay_scanner_npz;
extern const struct ay_scanner ay_scanner_keras;
extern const struct ay_scanner ay_scanner_npy;
extern const struct ay_scanner ay_scanner_safetensors;
extern const struct ay_scanner ay_scanner_tar;
extern const struct ay_scanner ay_scanner_7z;
extern const struct ay_scanner ay_scanner_gzip;
extern const struct ay_scanner ay_scanner_zlib;
extern const struct ay_scanner ay_scanner_bzip2;
extern const struct ay_scanner ay_scanner_xz;
extern const struct ay_scanner ay_scanner_lzma;
extern const struct ay_scanner ay_scanner_lz4;
extern const struct ay_scanner ay_scanner_zstd;
extern const struct ay_scanner ay_scanner_pickle;
extern const struct ay_scanner ay_scanner_torch_legacy;
extern const struct ay_scanner ay_scanner_dbm_dumb;
extern const struct ay_scanner ay_scanner_dbm_dumb_index;
extern const struct ay_scanner ay_scanner_dbm_gnu;
extern const struct ay_scanner ay_scanner_dbm_berkeley;
extern const struct ay_scanner ay_scanner_dbm_sqlite;

/* text, tables, images, vocabularies, and what is refused by name */
extern const struct ay_scanner ay_scanner_text;
extern const struct ay_scanner ay_scanner_yaml;
extern const struct ay_scanner ay_scanner_json;
extern const struct ay_scanner ay_scanner_jsonl;
extern const struct ay_scanner ay_scanner_csv;
extern const struct ay_scanner ay_scanner_tiktoken;
extern const struct ay_scanner ay_scanner_bpe;
extern const struct ay_scanner ay_scanner_sentencepiece;
extern const struct ay_scanner ay_scanner_png;
extern const struct ay_scanner ay_scanner_jpeg;
extern const struct ay_scanner ay_scanner_gif;
extern const struct ay_scanner ay_scanner_webp;
extern const struct ay_scanner ay_scanner_gguf;
extern const struct ay_scanner ay_scanner_wav;
extern const struct ay_scanner ay_scanner_flac;
extern const struct ay_scanner ay_scanner_ogg;
extern const struct ay_scanner ay_scanner_mp3;
extern const struct ay_scanner ay_scanner_mp4;
extern const struct ay_scanner ay_scanner_hdf5;
extern const struct ay_scanner ay_scanner_refused;
extern const struct ay_scanner ay_scanner_source_code;

/* recipes that name code */
extern const struct ay_scanner ay_scanner_mlflow;
extern const struct ay_scanner ay_scanner_requirements;
extern const struct ay_scanner ay_scanner_pbtxt;
extern const struct ay_scanner ay_scanner_mxnet;

/* decision trees */
extern const struct ay_scanner ay_scanner_xgboost;
extern const struct ay_scanner ay_scanner_xgboost_ubj;
extern const struct ay_scanner ay_scanner_xgboost_binary;
extern const struct ay_scanner ay_scanner_lightgbm;
extern const struct ay_scanner ay_scanner_catboost;
extern const struct ay_scanner ay_scanner_catboost_json;


/* models as FlatBuffers */
extern const struct ay_scanner ay_scanner_tflite;
extern const struct ay_scanner ay_scanner_tensorflow;
extern const struct ay_scanner ay_scanner_tf_keras;
extern const struct ay_scanner ay_scanner_tf_index;
extern const struct ay_scanner ay_scanner_tf_data;
extern const struct ay_scanner ay_scanner_tf_checkpoint;
extern const struct ay_scanner ay_scanner_executorch;
extern const struct ay_scanner ay_scanner_onnx;
extern const struct ay_scanner ay_scanner_onnx_data;
extern const struct ay_scanner ay_scanner_raw_weights;
extern const struct ay_scanner ay_scanner_msgpack;
extern const struct ay_scanner ay_scanner_zarr;
extern const struct ay_scanner ay_scanner_zarr_chunk;
extern const struct ay_scanner ay_scanner_tfrecord;
extern const struct ay_scanner ay_scanner_skops;
extern const struct ay_scanner ay_scanner_coreml;
extern const struct ay_scanner ay_scanner_coreml_weights;
extern const struct ay_scanner ay_scanner_rds;
extern const struct ay_scanner ay_scanner_xml;
extern const struct ay_scanner ay_scanner_pmml;
extern const struct ay_scanner ay_scanner_openvino;

/* tables of columns */
extern const struct ay_scanner ay_scanner_arrow;
extern const struct ay_scanner ay_scanner_parquet;

#endif
