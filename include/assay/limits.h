/* SPDX-License-Identifier: Apache-2.0 */
/* Every limit of the program, with its unit and reason. What the policy may change says so. */
#ifndef ASSAY_LIMITS_H
#define ASSAY_LIMITS_H

#define KIB 1024ull
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define TIB (1024 * GIB)

/* ---- names ---- */
#define AY_LIMIT_REF 480                  /* bytes of CLASS/NAME@VERSION: an LMDB key holds 511 with its prefix */
#define AY_LIMIT_VERSION 128
#define AY_LIMIT_COMPONENT 255            /* NAME_MAX */
#define AY_LIMIT_PATH 1024                /* bytes of a path inside an artifact */
#define AY_LIMIT_PATH_DEPTH 64

/* ---- signing ---- */
#define AY_LIMIT_CLAIM (256 * MIB)        /* one claim file; 1 million files make about 200 MiB */
#define AY_LIMIT_CLAIMS_PER_ARTIFACT 256
#define AY_LIMIT_CLAIM_NODES 16000000     /* JSON nodes of one claim */
#define AY_LIMIT_JSON_DEPTH 64
#define AY_LIMIT_TRUST_ROOT (4 * MIB)
#define AY_LIMIT_TRUST_KEYS 4096
/* So far may this machine's clock be behind that of the owner who issued a trust root. */
#define AY_LIMIT_CLOCK_SKEW_S (24 * 3600)
#define AY_LIMIT_POLICY (1 * MIB)
#define AY_LIMIT_KEY_FILE (64 * KIB)
#define AY_LIMIT_CHECKPOINT (64 * KIB)
#define AY_LIMIT_LOG_LEAF 65535           /* C2SP tlog-tiles entry length is 16 bits */
#define AY_LIMIT_PROOF_HASHES 63

/* ---- store (the policy's limits may lower them) ---- */
#define AY_LIMIT_FILES 20000000           /* files of one artifact */
#define AY_LIMIT_FILE_BYTES (1 * TIB)
#define AY_LIMIT_CATALOGUE_BYTES (64 * GIB) /* LMDB map, sparse; full is refused before publishing */
#define AY_LIMIT_READERS 1024             /* read transactions at once, all processes */
#define AY_LIMIT_RECORD_INLINE (64 * KIB) /* longer records and claims become objects */
#define AY_LIMIT_OPEN_TTL_S (24 * 3600)
#define AY_LIMIT_IO (1 * MIB)             /* one read or write; FUSE max_write */
#define AY_LIMIT_REQUEST (64 * MIB)       /* one control request or reply */
#define AY_LIMIT_REPORT (16 * MIB)        /* one report document; further findings are counted, not listed */
#define AY_LIMIT_FINDINGS_PER_FILE 100    /* listed; the rest is counted */

/* ---- worker: one scan ---- */
#define AY_LIMIT_WORKER_MEMORY (512 * MIB) /* RLIMIT_AS; policy key worker_memory */
#define AY_LIMIT_SCAN_TIME_MS 60000        /* plus bytes / AY_LIMIT_SCAN_RATE */
#define AY_LIMIT_SCAN_RATE (20 * MIB)      /* bytes per second that a scan must at least reach */
#define AY_LIMIT_SCAN_ALLOC (256 * MIB)    /* bytes held at once by one scan */
#define AY_LIMIT_SCAN_DEPTH 8              /* containers in containers */
#define AY_LIMIT_SCAN_MEMBERS 1000000      /* members of all containers of one file */
#define AY_LIMIT_SCAN_EXPANDED (64 * GIB)  /* bytes that come out of all decompression of one file */
#define AY_LIMIT_SCAN_RATIO 200            /* expanded / compressed per member, beyond the first MiB */
#define AY_LIMIT_SCAN_RATIO_FREE (1 * MIB)     /* expanded bytes that the ratio does not count */
#define AY_LIMIT_REFERENCE (6 * MIB)       /* encoded reference of a schema */
#define AY_LIMIT_KEYS (2 * MIB)            /* keys of one table for foreign keys */
#define AY_LIMIT_PROFILE (4 * MIB)         /* encoded counts of one table against its reference */
#define AY_LIMIT_SIBLINGS 4096             /* other files of the artifact that one file's loader reads */
#define AY_LIMIT_SCAN_HEAD 512             /* bytes that bid() sees */
#define AY_LIMIT_WORKER_ANSWER (14 * MIB)  /* one answer frame: a schema, or what was found and counted */

/* ---- conversion ---- */
#define AY_LIMIT_TENSOR_DIMS 16
#define AY_LIMIT_TENSOR_NAME 1024          /* bytes */
#define AY_LIMIT_EXTRACT_TENSORS 100000    /* of one file */
#define AY_LIMIT_EXTRACT_LEFT_OUT 1000     /* listed; the rest is counted */
#define AY_LIMIT_EXTRACT_ANSWER (32 * MIB) /* one answer frame that lists them */
#define AY_LIMIT_EXTRACT_EXPANDED (7 * GIB) /* bytes that a worker writes, below its RLIMIT_FSIZE */
#define AY_LIMIT_CONVERT_RATIO 16          /* bytes written / bytes of the input, beyond the first GiB: views may share a storage */
#define AY_LIMIT_CONVERT_FREE (1 * GIB)

/* ---- formats ---- */
#define AY_LIMIT_SAFETENSORS_HEADER 100000000 /* the Rust reader's own */
#define AY_LIMIT_PICKLE_STACK 1000000         /* values on the symbolic stack, and marks */
#define AY_LIMIT_PICKLE_MEMO 8000000          /* memo indexes below this; no pickler skips any */
#define AY_LIMIT_PICKLE_NODES 32000000        /* abstract values of one pickle */
#define AY_LIMIT_PICKLE_EXPANSION (1ull << 40) /* saturating size of the value when printed or hashed */
#define AY_LIMIT_PICKLE_DEPTH 512             /* nesting of containers: CPython's own recursion dies near it */
#define AY_LIMIT_PICKLE_NAME 1024             /* bytes of module + name */
#define AY_LIMIT_ZIP_DIRECTORY (64 * MIB)      /* bytes: held twice while a zip is read */
#define AY_LIMIT_NPY_HEADER 65535
#define AY_LIMIT_TABLE_UNSTORED (1 * GIB)      /* values of a table that take no bytes; beyond, AY_LIMIT_SCAN_RATIO for each byte of the file */
#define AY_LIMIT_HDF5_SPARSE (64 * MIB)        /* bytes of a dataset that need not be stored: beyond, AY_LIMIT_SCAN_RATIO holds */
#define AY_LIMIT_TEXT_LINE (64 * MIB)
#define AY_LIMIT_JSON_STRING (32 * MIB)
#define AY_LIMIT_JSON_KEYS 4000000
#define AY_LIMIT_TEMPLATE (1 * MIB)           /* one chat template */
#define AY_LIMIT_TREE_NODES (1 << 22)         /* of one decision tree: its links are held in memory */
#define AY_LIMIT_IMAGE_PIXELS (1ull << 28)    /* width times height; decoders allocate four bytes each */
#define AY_LIMIT_IMAGE_SIDE 65500             /* libjpeg's own; rows are held */
#define AY_LIMIT_IMAGE_RATIO_FREE (64 * MIB)  /* decoded bytes that AY_LIMIT_SCAN_RATIO does not count: masks are of one tone */
#define AY_LIMIT_PATTERN 4096                 /* bytes of one regular expression of a schema */
#define AY_LIMIT_PATTERN_STATES 20000         /* of its automaton */
#define AY_LIMIT_SCHEMA (12 * MIB)            /* bytes of a Table Schema: its reference in base64, and its columns */
#define AY_LIMIT_SCHEMA_RESOURCES 4096
#define AY_LIMIT_CSV_COLUMNS 65536
#define AY_LIMIT_PARQUET_FOOTER (64 * MIB)
#define AY_LIMIT_PARQUET_PAGE (128 * MIB)     /* compressed or not; what the scan holds in all is limited too */
#define AY_LIMIT_PARQUET_COLUMNS 65536
#define AY_LIMIT_ARROW_METADATA (64 * MIB)    /* of one message */
#define AY_LIMIT_ARROW_BUFFER (128 * MIB)     /* compressed or not; of plain ones a value */
#define AY_LIMIT_ARROW_COLUMNS 65536          /* nested ones counted too */
#define AY_LIMIT_CSV_FIELD (16 * MIB)
#define AY_LIMIT_CSV_UNIQUE (192 * MIB)       /* memory of exact uniqueness per scan */

#endif
