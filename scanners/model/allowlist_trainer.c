/* SPDX-License-Identifier: Apache-2.0 */
/* Settings objects that the trainers of transformers and its relatives leave beside a model. */
#include "scanners/model/allowlist.h"

#include "assay/scan.h"

#define ON AY_PROFILE_HF_TRAINER
#define CALL AY_ROLE_CALL
#define DATA AY_ROLE_DATA
#define NEW AY_ROLE_NEW
#define DICT AY_ROLE_BUILD_DICT
/* A class that is made without arguments and takes a dict as its attributes. */
#define OBJECT(module, name) { module, name, ON, NEW | DICT, 0, AY_HOW_SELF, 0, NULL }

static const struct ay_allow rows[] = {
	OBJECT("accelerate.state", "PartialState"),
	OBJECT("accelerate.utils.dataclasses", "DeepSpeedPlugin"),
	{ "accelerate.utils.dataclasses", "DistributedType", ON, CALL | DATA, AY_SLOT_ENUM, AY_HOW_SELF, 0, "d" },
	{ "accelerate.utils.dataclasses", "DynamoBackend", ON, CALL | DATA, AY_SLOT_ENUM, AY_HOW_SELF, 0, "d" },
	OBJECT("accelerate.utils.dataclasses", "FullyShardedDataParallelPlugin"),
	OBJECT("accelerate.utils.dataclasses", "GradientAccumulationPlugin"),
	{ "accelerate.utils.dataclasses", "PrecisionType", ON, CALL | DATA, AY_SLOT_ENUM, AY_HOW_SELF, 0, "d" },
	OBJECT("alignment.configs", "DPOConfig"),
	OBJECT("alignment.configs", "SFTConfig"),
	OBJECT("axolotl.core.trainer_builder", "AxolotlTrainingArguments"),
	OBJECT("axolotl.core.training_args", "AxolotlTrainingArguments"),
	{ "builtins", "getattr", ON, CALL, 0, AY_HOW_DATA, 0, "UC" },
	OBJECT("open_r1.configs", "GRPOConfig"),
	OBJECT("open_r1.configs", "SFTConfig"),
	OBJECT("pyannote.audio.core.model", "Introspection"),
	{ "pyannote.audio.core.task", "Problem", ON, CALL | DATA, AY_SLOT_ENUM, AY_HOW_SELF, 0, "d" },
	{ "pyannote.audio.core.task", "Resolution", ON, CALL | DATA, AY_SLOT_ENUM, AY_HOW_SELF, 0, "d" },
	OBJECT("pyannote.audio.core.task", "Specifications"),
	OBJECT("pyannote.audio.core.task", "TrainDataset"),
	OBJECT("sentence_transformers.cross_encoder.training_args", "CrossEncoderTrainingArguments"),
	OBJECT("sentence_transformers.sparse_encoder.training_args", "SparseEncoderTrainingArguments"),
	{ "sentence_transformers.training_args", "BatchSamplers", ON, CALL | DATA, AY_SLOT_ENUM, AY_HOW_SELF, 0, "d" },
	{ "sentence_transformers.training_args", "MultiDatasetBatchSamplers", ON, CALL | DATA, AY_SLOT_ENUM, AY_HOW_SELF, 0, "d" },
	OBJECT("sentence_transformers.training_args", "SentenceTransformerTrainingArguments"),
	{ "tokenizers", "AddedToken", ON, NEW | DICT | CALL, 0, AY_HOW_SELF, 0, "*" },
	{ "transformers.debug_utils", "DebugOption", ON, CALL | DATA, AY_SLOT_ENUM, AY_HOW_SELF, 0, "d" },
	OBJECT("transformers.deepspeed", "HfDeepSpeedConfig"),
	OBJECT("transformers.deepspeed", "HfTrainerDeepSpeedConfig"),
	OBJECT("transformers.integrations.deepspeed", "HfDeepSpeedConfig"),
	OBJECT("transformers.integrations.deepspeed", "HfTrainerDeepSpeedConfig"),
	OBJECT("transformers.trainer_pt_utils", "AcceleratorConfig"),
	{ "transformers.trainer_utils", "EvaluationStrategy", ON, CALL | DATA, AY_SLOT_ENUM, AY_HOW_SELF, 0, "d" },
	{ "transformers.trainer_utils", "FSDPOption", ON, CALL | DATA, AY_SLOT_ENUM, AY_HOW_SELF, 0, "d" },
	{ "transformers.trainer_utils", "HubStrategy", ON, CALL | DATA, AY_SLOT_ENUM, AY_HOW_SELF, 0, "d" },
	{ "transformers.trainer_utils", "IntervalStrategy", ON, CALL | DATA, AY_SLOT_ENUM, AY_HOW_SELF, 0, "d" },
	{ "transformers.trainer_utils", "LoggingStrategy", ON, CALL | DATA, AY_SLOT_ENUM, AY_HOW_SELF, 0, "d" },
	{ "transformers.trainer_utils", "SaveStrategy", ON, CALL | DATA, AY_SLOT_ENUM, AY_HOW_SELF, 0, "d" },
	{ "transformers.trainer_utils", "SchedulerType", ON, CALL | DATA, AY_SLOT_ENUM, AY_HOW_SELF, 0, "d" },
	{ "transformers.trainer_utils", "ShardedDDPOption", ON, CALL | DATA, AY_SLOT_ENUM, AY_HOW_SELF, 0, "d" },
	{ "transformers.training_args", "OptimizerNames", ON, CALL | DATA, AY_SLOT_ENUM, AY_HOW_SELF, 0, "d" },
	{ "transformers.training_args", "ParallelMode", ON, CALL | DATA, AY_SLOT_ENUM, AY_HOW_SELF, 0, "d" },
	OBJECT("transformers.training_args", "TrainingArguments"),
	OBJECT("transformers.training_args_seq2seq", "Seq2SeqTrainingArguments"),
	OBJECT("trl.trainer.cpo_config", "CPOConfig"),
	OBJECT("trl.trainer.dpo_config", "DPOConfig"),
	OBJECT("trl.trainer.grpo_config", "GRPOConfig"),
	OBJECT("trl.trainer.kto_config", "KTOConfig"),
	OBJECT("trl.trainer.online_dpo_config", "OnlineDPOConfig"),
	OBJECT("trl.trainer.orpo_config", "ORPOConfig"),
	OBJECT("trl.trainer.reward_config", "RewardConfig"),
	OBJECT("trl.trainer.sft_config", "SFTConfig"),
};

const struct ay_allow_table ay_allow_trainer = { rows, AY_ARRAY_LEN(rows) };
