import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { defaultLimits } from '../../../../runtime/process/src/listener/limits.ts'
import { Connection } from '../../../../runtime/process/src/listener/progress.ts'

/** The second after its begin in which an upload is late that brings `bytes` each `everyS`; undefined: it never is in five minutes. */
function lateAfter(bytes: number, everyS: number): number | undefined {
  const socket = { bytesRead: 200 }
  const connection = new Connection(socket as Socket, 0)
  connection.response = { req: { complete: false, readableLength: 0, readableHighWaterMark: 65_536 } } as ServerResponse
  for (let second = 0; second < 300; second++) {
    if (second > 0 && second % everyS === 0) socket.bytesRead += bytes
    if (connection.isUploadLate(defaultLimits, second * 1000)) return second
  }
  return undefined
}

test('by default an upload that moves is never late, however slow; one that stands still, or hardly moves, is after 20 s', () => {
  expect(lateAfter(1, 1)).toBeUndefined()
  expect(lateAfter(1000, 19)).toBeUndefined()
  expect([lateAfter(0, 1), lateAfter(1, 10)]).toEqual([20, 20])
})

test('a connection counts as used once for what has come since the last look, and at the first', () => {
  const socket = { bytesRead: 0 }
  const connection = new Connection(socket as Socket, 0)
  expect([connection.wasUsed(), connection.wasUsed()]).toEqual([true, false])
  socket.bytesRead = 90
  expect([connection.wasUsed(), connection.wasUsed()]).toEqual([true, false])
})
