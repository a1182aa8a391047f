// SPDX-License-Identifier: Apache-2.0
// Writes tables with Polars and with Arrow's JavaScript library: tables_arrow.mjs DIR. What is in NAME.arrow and
// NAME.*.arrow is in NAME.parquet too, where there is one, so that the readers of both can be held against each other.
import {createRequire} from 'node:module';
import fs from 'node:fs';
const require = createRequire(process.env.ASSAY_NODE_MODULES + '/');
const out = process.argv[2];
const n = 3000;
const column = make => Array.from({length: n}, (_, k) => make(k));
const texts = column(k => k % 5 === 0 ? null : `word ${k % 97}${k % 3 ? '' : ' and a text of more than twelve'}`);
fs.mkdirSync(out, {recursive: true});

const pl = require('nodejs-polars').default ?? require('nodejs-polars');
const frame = pl.DataFrame({
	i: column(k => k % 7 === 0 ? null : k - 1000), f: column(k => k % 11 === 0 ? null : Math.sin(k) * 1e6), s: texts,
	b: column(k => k % 2 === 0), l: column(k => [k, k + 1].slice(0, k % 3)),
});
frame.writeParquet(`${out}/polars.parquet`, {compression: 'zstd'});
for (const compression of ['uncompressed', 'lz4', 'zstd']) {
	frame.writeIPC(`${out}/polars.${compression}.arrow`, {compression});
	frame.writeIPCStream(`${out}/polars.stream-${compression}.arrow`, {compression});
}

const arrow = require('apache-arrow');
const simple = arrow.tableFromArrays({i: Int32Array.from(column(k => 3 * k - 1000)), f: Float64Array.from(column(k => k / 3)),
	big: BigInt64Array.from(column(k => BigInt(k) * 1000003n)), s: texts.map(t => t ?? '')});
const rich = new arrow.Table({
	d: arrow.vectorFromArray([new Date(0), new Date(1e12), null], new arrow.TimestampMillisecond()), x: arrow.vectorFromArray([1, null, 3], new arrow.Uint8()),
	h: arrow.vectorFromArray([1.5, null, -2], new arrow.Float16()), l: arrow.vectorFromArray([[1, 2], null, [3]], new arrow.List(new arrow.Field('item', new arrow.Int16()))),
	st: arrow.vectorFromArray([{a: 1, b: 'x'}, null, {a: null, b: 'y'}], new arrow.Struct([new arrow.Field('a', new arrow.Int32(), true),
		new arrow.Field('b', new arrow.Utf8(), true)])), day: arrow.vectorFromArray([new Date(0), new Date(864e5 * 365), null], new arrow.DateDay()),
	bo: arrow.vectorFromArray([true, false, null], new arrow.Bool()), c: arrow.vectorFromArray(['low', null, 'low']),
});
for (const kind of ['file', 'stream']) {
	fs.writeFileSync(`${out}/js-simple.${kind}.arrow`, arrow.tableToIPC(simple, kind));
	fs.writeFileSync(`${out}/js-rich.${kind}.arrow`, arrow.tableToIPC(rich, kind));
}
