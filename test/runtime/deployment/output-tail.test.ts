import { expect, test } from 'vitest'
import { OutputTail } from '../../../runtime/src/deployment/output-tail.ts'

function tailOf(...chunks: readonly string[]): string {
  const tail = new OutputTail()
  for (const chunk of chunks) tail.add(Buffer.from(chunk))
  return tail.text()
}

test('what a program writes is shown as text, without colours, control characters and empty lines', () => {
  expect(tailOf('\u001B[31mnpm err', 'or\u001B[0m one\r\n\n  \ntwo\u0007')).toBe('npm error one\ntwo')
  expect(tailOf()).toBe('')
})

test('of much output the end is kept, and that something is missing is said', () => {
  const lines = Array.from({ length: 50 }, (_, i) => `line ${i}\n`)
  expect(tailOf(...lines).split('\n')).toEqual(['…', ...lines.slice(10).map((line) => line.trim())])
  const flood = tailOf(...Array.from({ length: 300 }, () => 'x'.repeat(100_000)), '\nthe end')
  expect(flood.endsWith('x\nthe end')).toBe(true)
  expect(flood.length).toBeLessThan(17_000)
})
