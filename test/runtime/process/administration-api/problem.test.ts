import { SpyglassError } from '@spyglass/agent/contract'
import { accessErrors } from '@spyglass/process/access'
import { adminSocketErrors } from '@spyglass/process/admin-socket'
import { apiErrors, problemOf, statusOf } from '@spyglass/process/administration-api'
import { expect, test } from 'vitest'
import { exitCodeOf } from '../../../../runtime/src/cli/exit-codes.ts'
import { administrationErrors } from '../../../../runtime/src/administration/errors.ts'
import { deploymentErrors } from '../../../../runtime/src/deployment/errors.ts'
import { managementErrors } from '../../../../runtime/src/management/errors.ts'

/** Faults of ours or of the installation, which no request can avoid. */
const faults = [
  'SPY_API_FAULT',
  'SPY_IDENTITIES_SHAPE',
  'SPY_LOCAL_DENIED',
  'SPY_LOCAL_FAULT',
  'SPY_LOCAL_LISTEN',
  'SPY_LOCAL_METHOD',
  'SPY_LOCAL_REQUEST',
]
/** An installation of packages that failed: a conflict, as any operation that was carried out and failed. */
const failures: ReadonlySet<string> = new Set(Object.keys(deploymentErrors).filter((code) => code.startsWith('SPY_INSTALL_')))

test('every error that administration can give has a status of its own', () => {
  const tables = [accessErrors, adminSocketErrors, apiErrors, administrationErrors, deploymentErrors, managementErrors]
  const codes = tables.flatMap((table) => Object.keys(table))
  expect(codes.filter((code) => statusOf(code) === 500 && !failures.has(code)).sort()).toEqual(faults)
})

test('settings that the server cannot use are refused as such, whatever finds it out', () => {
  const codes = [
    'SPY_CONFIG_INVALID',
    'SPY_ACCESS_PATTERN_INVALID',
    'SPY_ISOLATION_UNAVAILABLE',
    'SPY_ISOLATION_USER',
    'SPY_TLS_UNREADABLE',
  ]
  expect(codes.map((code) => [statusOf(code), exitCodeOf(new SpyglassError(code, '%s', ['']))])).toEqual(codes.map(() => [422, 6]))
})

test('what an operation failed with is a conflict, but a fault stays one', () => {
  expect(statusOf('SPY_RELOAD_FAILED')).toBe(500)
  expect(statusOf('SPY_RELOAD_FAILED', true)).toBe(409)
  expect(statusOf('SPY_LOCAL_FAULT', true)).toBe(500)
  expect(statusOf('EACCES', true)).toBe(500)
})

test('only errors with a code of ours are told', () => {
  expect(problemOf(new SpyglassError('SPY_USER_EXISTS', 'there already is a user %s', ['anna']))).toEqual({
    type: 'about:blank',
    title: 'Conflict',
    status: 409,
    detail: 'there already is a user anna',
    code: 'SPY_USER_EXISTS',
  })
  for (const error of [new TypeError('internals'), Object.assign(new Error('internals'), { code: 'EACCES' }), 'internals'])
    expect(problemOf(error)).toMatchObject({
      status: 500,
      code: 'SPY_API_FAULT',
      detail: expect.not.stringContaining('internals') as string,
    })
})
