import { expect, test } from 'vitest'
import { type AdministrationRequest, roleFor } from '../../../runtime/src/administration/index.ts'

const requests: readonly (readonly [AdministrationRequest, string])[] = [
  [{ verb: 'list' }, 'viewer'],
  [{ verb: 'get', names: ['*'] }, 'viewer'],
  [{ verb: 'history' }, 'viewer'],
  [{ verb: 'diff' }, 'viewer'],
  [{ verb: 'invoke', name: 'instance.http-1.reload' }, 'operator'],
  [{ verb: 'set', values: {} }, 'administrator'],
  [{ verb: 'create', name: 'applications.shop', values: {} }, 'administrator'],
  [{ verb: 'delete', name: 'applications.shop' }, 'administrator'],
  [{ verb: 'undo' }, 'administrator'],
]

test.for(requests)('%j needs the role %s', ([request, role]) => {
  expect(roleFor(request, () => 'operator')).toBe(role)
})
