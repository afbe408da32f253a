import { expect, test } from 'vitest'
import { openLedgers } from './fixture.ts'

test('three instances sell at once: each item once, one for each account, and a repetition gets the same order', async () => {
  await using sale = await openLedgers(3, 20)
  const accounts = Array.from({ length: 40 }, (_, at) => `buyer-${at}`)
  const purchases = await Promise.all([...accounts, ...accounts].map((account, at) => sale.ledgers[at % 3]!.buy(account)))
  const orders = await sale.database.query<{ id: string; account: string }>('SELECT id, account FROM sale_order')
  expect(orders).toHaveLength(20)
  expect(await sale.database.query('SELECT stock, version FROM item')).toEqual([{ stock: 0, version: 20 }])
  const told = new Set(purchases.flatMap((one, at) => (one === 'sold out' ? [] : [`${accounts[at % 40]} ${one.order}`])))
  expect(told).toEqual(new Set(orders.map(({ id, account }) => `${account} ${id}`)))
  expect(purchases.filter((one) => one !== 'sold out' && !one.isKnown)).toHaveLength(20)
})

test('opening it again leaves what was sold as it is', async () => {
  await using sale = await openLedgers(1, 5)
  const [ledger] = sale.ledgers as [(typeof sale.ledgers)[number]]
  await ledger.buy('ann')
  await ledger.open(5)
  expect(await ledger.left()).toBe(4)
})

test('an order waits until it is confirmed', async () => {
  await using sale = await openLedgers(1, 5)
  const [ledger] = sale.ledgers as [(typeof sale.ledgers)[number]]
  const purchase = await ledger.buy('ann')
  const id = purchase === 'sold out' ? '' : purchase.order
  expect([await ledger.orderOf('ann'), await ledger.reserved(), await ledger.orderOf('bob')]).toEqual([
    { id, state: 'reserved' },
    [id],
    undefined,
  ])
  await ledger.confirm(id)
  expect([await ledger.orderOf('ann'), await ledger.reserved()]).toEqual([{ id, state: 'confirmed' }, []])
})

test('what fails in the middle of a purchase leaves neither an order nor a missing item', async () => {
  await using sale = await openLedgers(1, 5)
  const [ledger] = sale.ledgers as [(typeof sale.ledgers)[number]]
  await sale.database.script('CREATE TRIGGER full BEFORE INSERT ON sale_order BEGIN SELECT RAISE(ABORT, "no room"); END')
  await expect(ledger.buy('ann')).rejects.toThrow('no room')
  expect([await ledger.left(), await ledger.reserved()]).toEqual([5, []])
})
