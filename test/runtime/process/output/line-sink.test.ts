import fc from 'fast-check'
import { droppedReport, LineSink } from '@spyglass/process/output'
import { expect, test } from 'vitest'

/** A file that takes so many bytes until it is given space. */
function disk(space: number, code = 'ENOSPC') {
  let text = ''
  const write = (_fd: number, bytes: Uint8Array): number => {
    if (space <= 0) throw Object.assign(new Error('full'), { code })
    const taken = Math.min(space, bytes.length)
    text += Buffer.from(bytes.subarray(0, taken)).toString()
    space -= taken
    return taken
  }
  const report = (dropped: number, reason: string): string => `${dropped} dropped: ${reason}`
  return { sink: new LineSink({ fd: 1, report, write }), text: () => text, free: (bytes: number) => (space = bytes) }
}

test.for(['ENOSPC', 'EROFS', 'EDQUOT', 'EIO', 'EPIPE', 'EBADF'])(
  'lines that meet %s are dropped and counted; the first success reports how many',
  (code) => {
    const { sink, text, free } = disk(7, code)
    expect(sink.write('first\n')).toBe(true)
    for (let i = 0; i < 3; i++) expect(sink.write('lost line\n')).toBe(false)
    expect(sink.dropped).toBe(3)
    free(1000)
    expect(sink.write('again\n')).toBe(true)
    expect(sink.write('more\n')).toBe(true)
    expect(text()).toBe(`first\nl\n3 dropped: ${code}\nagain\nmore\n`)
  },
)

test('whatever the disk takes and when, every line but those counted is there, whole and in order', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ line: fc.stringMatching(/^[a-z]{1,20}$/), space: fc.nat(30) }), { maxLength: 40 }), (steps) => {
      const { sink, text, free } = disk(0)
      const kept: string[] = []
      for (const { line, space } of steps) {
        free(space)
        if (sink.write(`${line}\n`)) kept.push(line)
      }
      const lines = text().split('\n')
      let at = 0
      for (const line of kept) {
        const found = lines.indexOf(line, at)
        expect(found).toBeGreaterThanOrEqual(at)
        at = found + 1
      }
      expect(sink.dropped).toBe(steps.length - kept.length)
    }),
  )
})

test('a slow reader of a pipe is waited for, a moment', () => {
  let refusals = 3
  let text = ''
  const sink = new LineSink({
    fd: 1,
    report: () => '',
    write: (_fd, bytes) => {
      if (refusals-- > 0) throw Object.assign(new Error('again'), { code: 'EAGAIN' })
      text += Buffer.from(bytes).toString()
      return bytes.length
    },
  })
  expect([sink.write('line\n'), text, sink.dropped]).toEqual([true, 'line\n', 0])
})

test('the report is a line like any other of the server log', () => {
  expect(JSON.parse(droppedReport('http-1', 7)(12, 'ENOSPC'))).toMatchObject({
    level: 'warn',
    process: 'http-1',
    pid: 7,
    dropped: 12,
    reason: 'ENOSPC',
    msg: 'log lines were dropped',
    time: expect.stringMatching(/Z$/),
  })
})
