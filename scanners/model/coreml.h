/* SPDX-License-Identifier: Apache-2.0 */
/* What Core ML's format has: its messages, and the operators of its programs. */
#ifndef ASSAY_MODEL_COREML_H
#define ASSAY_MODEL_COREML_H

#include <stdbool.h>
#include <stddef.h>

struct ay_coreml_message {
	const char *name;
	const char *fields;
};
extern const struct ay_coreml_message ay_coreml_messages[];
extern const size_t ay_coreml_messages_count;

#define AY_COREML_NONE ((size_t)-1)
/* Index of the message of this name, or AY_COREML_NONE. */
size_t ay_coreml_message_find(const char *name, size_t len);

/* An operator that computes and does nothing else. */
bool ay_coreml_operator_known(const char *name);
/* A set of operators: "CoreML5" and so on. */
bool ay_coreml_opset_known(const char *name);

#endif
