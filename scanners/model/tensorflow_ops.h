/* SPDX-License-Identifier: Apache-2.0 */
/* What a TensorFlow graph may use. */
#ifndef ASSAY_MODEL_TENSORFLOW_OPS_H
#define ASSAY_MODEL_TENSORFLOW_OPS_H

#include <stdbool.h>

/* An operator that only computes. */
bool ay_tensorflow_computes(const char *name);
/* An operator of the graph's own saver: its files are those of the checkpoint as long as its path is the one it was given. */
bool ay_tensorflow_saver(const char *name);
/* Why an operator must not stand in a model, as the rest of a sentence; NULL when nothing special is known. */
const char *ay_tensorflow_denied(const char *name);
/* A kind of Python object that TensorFlow itself revives from a SavedModel. */
bool ay_tensorflow_object(const char *identifier);
/* A class that TensorFlow itself registers for serialised objects, or for their savers. */
bool ay_tensorflow_registered(const char *name);

#endif
