// SPDX-License-Identifier: Apache-2.0
// Writes Parquet tables as Arrow files and streams with Polars: table_formats.mjs FILE.parquet...
import {createRequire} from 'node:module';
const require = createRequire(process.env.ASSAY_NODE_MODULES + '/');
const pl = require('nodejs-polars').default ?? require('nodejs-polars');
for (const path of process.argv.slice(2)) {
	const frame = pl.readParquet(path), base = path.replace(/\.parquet$/, '');
	frame.writeIPC(`${base}.arrow`, {compression: 'lz4'});
	frame.writeIPCStream(`${base}.arrows`, {compression: 'uncompressed'});
	frame.writeParquet(`${base}.polars.parquet`, {compression: 'zstd'});
}
