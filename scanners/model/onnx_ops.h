/* SPDX-License-Identifier: Apache-2.0 */
/* Which operators an ONNX model may use. */
#ifndef ASSAY_MODEL_ONNX_OPS_H
#define ASSAY_MODEL_ONNX_OPS_H

#include <stdbool.h>

/* Domain of a node: "" is ONNX's own. */
bool ay_onnx_domain_known(const char *domain);
bool ay_onnx_operator_known(const char *domain, const char *name);

#endif
