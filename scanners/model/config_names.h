/* SPDX-License-Identifier: Apache-2.0 */
/* Names of code that a recipe may hold: each list is exact, for what is looked up by name is imported and called. */
#ifndef ASSAY_SCANNERS_CONFIG_NAMES_H
#define ASSAY_SCANNERS_CONFIG_NAMES_H

#include <stdbool.h>
#include <stddef.h>

/* A letter, then letters, digits and underscores: no dots, and nothing private. */
bool ay_config_identifier(const char *text, size_t len);
/* A relative path that stays inside its folder. */
bool ay_config_inner_path(const char *text, size_t len);
/* The library of a part in diffusers' model_index.json. */
bool ay_config_index_library(const char *text, size_t len);
/* "transformers", or one of its modules below transformers.models. */
bool ay_config_peft_library(const char *text, size_t len);
/* A class of modules.json. */
bool ay_config_sentence_module(const char *text, size_t len);
/* A class of torch.nn that sentence-transformers builds without arguments. */
bool ay_config_activation(const char *text, size_t len);
/* A class of torch that Hydra may build from numbers alone. */
bool ay_config_hydra_target(const char *text, size_t len);
/* mlflow's loader_module and flavors. */
bool ay_config_mlflow_loader(const char *text, size_t len);
bool ay_config_mlflow_flavor(const char *text, size_t len);
/* Triton's backends and platforms that run no Python. */
bool ay_config_triton_backend(const char *text, size_t len);
bool ay_config_triton_platform(const char *text, size_t len);
/* Operators of an MXNet symbol. */
bool ay_config_mxnet_operator(const char *text, size_t len);

#endif
