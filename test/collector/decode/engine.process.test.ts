import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { tables } from '@spyglass/agent/contract'
import { OtlpDecoder } from '../../../collector/src/decode/index.ts'
import { type ContractDatabase, openContractDatabase } from '../../support/contract-database.ts'
import { encodeOtlp } from '../../support/otlp-proto.ts'
import { AS_SENT, protoOfSpans, rowsOfSpans, spanGroup, WINDOW } from '../../support/otlp-samples.ts'
import { tempFolder } from '../../support/temp-folder.ts'

let database: ContractDatabase
beforeAll(() => (database = openContractDatabase()))
afterAll(() => database.close())

test('the engine reads back what protobufjs encoded, several blocks in one file', () => {
  const path = join(tempFolder(), 'otel_traces.native')
  const decoder = new OtlpDecoder(AS_SENT)
  const columns = tables.otel_traces.columns.map(({ name }) => `\`${name}\``).join(', ')
  fc.assert(
    fc.property(fc.array(spanGroup, { minLength: 1, maxLength: 3 }), fc.array(spanGroup, { minLength: 1, maxLength: 3 }), (one, other) => {
      const blocks = [one, other].flatMap((groups) => {
        const body = encodeOtlp('Traces', protoOfSpans(groups))
        const { blocks } = decoder.decode(body, { signal: 'traces', isJson: false, window: WINDOW })
        return blocks.filter(({ table }) => table === 'otel_traces').map((block) => block.encode('batch-1'))
      })
      fc.pre(blocks.length > 0)
      writeFileSync(path, Buffer.concat(blocks))
      const rows = database.query(`SELECT ${columns} FROM file('${path}', Native) SETTINGS max_threads = 1`)
      expect(
        rows.map((row) => ({ ...row, Timestamp: undefined, 'Events.Timestamp': undefined, Duration: Number(row['Duration']) })),
      ).toEqual(rowsOfSpans([...one, ...other]).map((row) => ({ ...row, Timestamp: undefined, 'Events.Timestamp': undefined })))
    }),
    { numRuns: 60, endOnFailure: true },
  )
})
