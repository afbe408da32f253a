import { expect, test } from 'vitest'
import { readFigures } from '../../../collector/src/store/statistics.ts'

const figures = (text: string, format = 'JSON') => readFigures(Buffer.from(text), format)
const statistics = '"statistics":\n\t{\n\t\t"elapsed": 1.5e-05,\n\t\t"rows_read": 7,\n\t\t"bytes_read": 56\n\t}\n}\n'

test('reads the statistics at the end of an answer', () => {
  expect(figures(`{"data": [], ${statistics}`)).toEqual({ readRows: '7', readBytes: '56' })
  expect(
    figures('<result><statistics><elapsed>1</elapsed><rows_read>7</rows_read>\n<bytes_read>56</bytes_read></statistics>\n</result>\n'),
  ).toEqual({ readRows: '7', readBytes: '56' })
  const progress = '{"row":{}}\n{"progress":{"read_rows":"7","read_bytes":"56","total_rows_to_read":"9","elapsed_ns":"1"}}\n'
  expect(figures(progress)).toEqual({ readRows: '7', readBytes: '56', totalRowsToRead: '9' })
})

test('takes nothing for statistics that is a value of the data', () => {
  expect(figures(`{"data": [${JSON.stringify(statistics)}]}`)).toBeUndefined()
  expect(figures(`${statistics}x`)).toBeUndefined()
  expect(figures(`a\t${statistics.slice(0, -3)}`)).toBeUndefined()
  expect(figures('')).toBeUndefined()
  expect(figures(`{"data": [], ${statistics}`, 'LineAsString')).toBeUndefined()
})
