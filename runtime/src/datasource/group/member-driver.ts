/** The driver of the pool of one member: what its connections meet is told to the group. */
import { messageOf } from '@spyglass/agent/contract'
import type { Driver, DriverConnection } from '../driver.ts'
import type { Group } from './group.ts'
import type { Member } from './member.ts'
import { isRefused } from './refused.ts'

export function memberDriver(driver: Driver, member: Member, group: Group): Driver {
  const { name, system, sessionsOver, standingOver, runOver } = driver
  return {
    name,
    system,
    get target() {
      return driver.target
    },
    sessionsOver,
    standingOver,
    runOver,
    async connect(onBroken, signal): Promise<DriverConnection> {
      try {
        return await driver.connect((error) => {
          onBroken(error)
          void group.look(member)
        }, signal)
      } catch (error) {
        if (isRefused(error)) group.refused(member, messageOf(error))
        throw error
      }
    },
  }
}
