import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Flame, flameTree } from '../../../../collector/src/console/browser/flame-tree.ts'

test('stacks share the frames that they have in common, longest first', () => {
  expect(flameTree('serve;read (a.js:1) 30\nserve;hash (b.js:2) 70\nserve 5')).toEqual({
    name: 'all',
    micros: 105,
    inner: [
      {
        name: 'serve',
        micros: 105,
        inner: [
          { name: 'hash (b.js:2)', micros: 70, inner: [] },
          { name: 'read (a.js:1)', micros: 30, inner: [] },
        ],
      },
    ],
  })
})

test('what is no folded stack is left out', () => {
  expect(flameTree('')).toEqual({ name: 'all', micros: 0, inner: [] })
  expect(flameTree('no number\na;b -3\n 7').micros).toBe(0)
})

test('no frame is shorter than what it called, whatever the stacks', () => {
  const frame = fc.string({ minLength: 1 }).map((text) => text.replaceAll(/[;\s]/g, '.'))
  const check = ({ micros, inner }: Flame): void => {
    expect(inner.reduce((sum, one) => sum + one.micros, 0)).toBeLessThanOrEqual(micros)
    inner.forEach(check)
  }
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.array(frame, { minLength: 1 }), fc.nat())), (stacks) => {
      const tree = flameTree(stacks.map(([frames, micros]) => `${frames.join(';')} ${micros}`).join('\n'))
      expect(tree.micros).toBe(stacks.reduce((sum, [, micros]) => sum + micros, 0))
      check(tree)
    }),
  )
})
