import { expect, test } from 'vitest'
import { guardedLookup, isInternal, requireExternalName } from '../../../collector/src/notify/internal-address.ts'

test.each([
  '127.0.0.1',
  '127.9.9.9',
  '0.0.0.0',
  '10.1.2.3',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '169.254.169.254',
  '100.100.100.200',
  '198.18.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  'fe80::1',
  'fd00:ec2::254',
  'ff02::1',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '::ffff:a9fe:a9fe',
  '64:ff9b::a00:1',
  '2002:7f00:1::',
])('%s is internal', (address) => {
  expect(isInternal(address)).toBe(true)
})

test.each(['8.8.8.8', '1.1.1.1', '172.32.0.1', '172.15.0.1', '100.128.0.1', '2606:4700::1111', '::ffff:8.8.8.8', '2400:3200::1'])(
  '%s is not',
  (address) => {
    expect(isInternal(address)).toBe(false)
  },
)

test('a name is refused by what it leads to', async () => {
  const found = await new Promise((resolve) => guardedLookup('pager')('localhost', {}, (error) => resolve(error)))
  expect(found).toMatchObject({ code: 'SPY_RECEIVER_INTERNAL', message: expect.stringContaining('receiver pager leads to') as string })
  await expect(requireExternalName('pager', 'localhost')).rejects.toMatchObject({ code: 'SPY_RECEIVER_INTERNAL' })
  await requireExternalName('pager', 'unknown.invalid') // the proxy may know it
})
