import { expect, test } from 'vitest'
import { unsupportedSdk } from '../../../agent/src/sdk-node/supported-sdk.ts'

test.each(['0.200.0', '0.223.0', '1.0.0', '1.0.0-rc.1'])('sdk-node %s is supported', (version) => {
  expect(unsupportedSdk(version)).toBeUndefined()
})

test.each(['0.41.2', '0.57.2'])('sdk-node %s is named with the version that works', (version) => {
  expect(unsupportedSdk(version)).toContain(`@opentelemetry/sdk-node ${version} is not supported; install 0.200.0 or later.`)
})

test('the installed version is found', () => {
  expect(unsupportedSdk()).toBeUndefined()
})
