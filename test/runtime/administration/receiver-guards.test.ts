import { SpyglassConfig } from '@spyglass/process/config'
import { expect, test } from 'vitest'
import { withGuards } from '../../../runtime/src/administration/receiver-guards.ts'

const settingsWith = (...receivers: readonly object[]) => ({ alerting: { receivers } })
const guardsOf = (file: object, settings: object) =>
  withGuards(SpyglassConfig.parse(settings), { ...file }, { ...settings }).alerting.receivers.map((receiver) => receiver)

const own = { name: 'own', url: 'http://10.0.0.1/' }

test('what the file says is trusted; what a command set, added or moved is not', () => {
  const file = settingsWith(own, { ...own, name: 'moved' }, { ...own, name: 'led', proxy: 'http://10.0.0.2/' })
  const set = settingsWith(
    own,
    { ...own, name: 'moved', url: 'http://10.0.0.9/' },
    { ...own, name: 'led', proxy: 'http://10.0.0.9/' },
    { ...own, name: 'added', proxy: 'http://10.0.0.2/' },
    { name: 'pagerduty', type: 'pagerduty', key: 'k' },
  )
  expect(guardsOf(file, set)).toMatchObject([
    { name: 'own' },
    { name: 'moved', guarded: ['url'] },
    { name: 'led', guarded: ['proxy'] },
    { name: 'added', guarded: ['url', 'proxy'] },
    { name: 'pagerduty' },
  ])
  expect(guardsOf(file, set).map((receiver) => 'guarded' in receiver)).toEqual([false, true, true, true, false])
})
