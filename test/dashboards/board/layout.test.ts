import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { placePanels } from '../../../dashboards/src/board/layout.ts'

const size = (w: number, h: number) => ({ gridPos: { w, h } })

test('panels stand from left to right and go below the tallest of their row', () => {
  expect(placePanels([size(12, 4), size(12, 8), size(8, 3)]).map(({ id, gridPos }) => [id, gridPos.x, gridPos.y])).toEqual([
    [1, 0, 0],
    [2, 12, 0],
    [3, 0, 8],
  ])
})

test('panels of any size fit the grid and never overlap', () => {
  const sizes = fc.array(fc.record({ w: fc.integer({ min: 1, max: 24 }), h: fc.integer({ min: 1, max: 20 }) }), { maxLength: 30 })
  fc.assert(
    fc.property(sizes, (list) => {
      const taken = new Set<string>()
      for (const { gridPos } of placePanels(list.map(({ w, h }) => size(w, h)))) {
        expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24)
        for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
          for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
            expect(taken.has(`${x},${y}`)).toBe(false)
            taken.add(`${x},${y}`)
          }
        }
      }
    }),
    { numRuns: 40 },
  )
})
