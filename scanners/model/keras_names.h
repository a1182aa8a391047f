/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a Keras configuration may name: exact (module, name) pairs of the
 * library itself, in the spelling in which Keras saves them. Classes that take
 * functions, files or serialised graphs are left out on purpose.
 */
#ifndef ASSAY_MODEL_KERAS_NAMES_H
#define ASSAY_MODEL_KERAS_NAMES_H

#include <stdbool.h>

/* A class by the module that is saved with it. */
bool ay_keras_class(const char *module, const char *name);
/* A class by its name alone, as Keras 1 and 2 save it in HDF5. */
bool ay_keras_legacy_class(const char *name);
/* Dictionaries that stand for values of Python or numpy instead of objects: "__tuple__". */
bool ay_keras_value(const char *name);
/* A reference to a function: an activation, a loss or a metric, by its module. */
bool ay_keras_function(const char *module, const char *name);
/* One of these by its name alone. */
bool ay_keras_activation(const char *name);
bool ay_keras_loss_or_metric(const char *name);
bool ay_keras_optimizer(const char *name);
/* A function of TensorFlow that TFOpLambda and SlicingOpLambda may call: tensors in, tensors out. */
bool ay_keras_tf_function(const char *name);
/* "keras" or "tf_keras", or a module in it. */
bool ay_keras_module(const char *module);
/* Why a name must not stand in a configuration, as the rest of a sentence; NULL when nothing special is known. */
const char *ay_keras_denied(const char *name);

#endif
