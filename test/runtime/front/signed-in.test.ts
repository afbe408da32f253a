import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { noteUser, userOf } from '../../../runtime/src/front/signed-in.ts'

test('a request has the user that was noted last, and none before', () => {
  const request = new IncomingMessage(new Socket())
  expect(userOf(request)).toBeUndefined()
  noteUser(request, 'ann')
  expect(userOf(request)).toBe('ann')
  noteUser(request, undefined)
  expect(userOf(request)).toBeUndefined()
  expect(JSON.stringify({ ...request.headers })).toBe('{}')
})
