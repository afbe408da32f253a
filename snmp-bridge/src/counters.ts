/** Counters of the engine: the snmp group (RFC 3418), snmpMPDStats (RFC 3412) and usmStats (RFC 3414), and our own. */
export interface EngineCounters {
  inPackets: number
  outPackets: number
  inBadVersions: number
  inBadCommunityNames: number
  inBadCommunityUses: number
  inAsnParseErrors: number
  silentDrops: number
  unknownSecurityModels: number
  invalidMessages: number
  unknownPduHandlers: number
  unknownContexts: number
  unsupportedSecurityLevels: number
  notInTimeWindows: number
  unknownUserNames: number
  unknownEngineIds: number
  wrongDigests: number
  decryptionErrors: number
  /** Errors in our own code while handling a packet; each is logged. */
  internalErrors: number
}

export function createCounters(): EngineCounters {
  return {
    inPackets: 0,
    outPackets: 0,
    inBadVersions: 0,
    inBadCommunityNames: 0,
    inBadCommunityUses: 0,
    inAsnParseErrors: 0,
    silentDrops: 0,
    unknownSecurityModels: 0,
    invalidMessages: 0,
    unknownPduHandlers: 0,
    unknownContexts: 0,
    unsupportedSecurityLevels: 0,
    notInTimeWindows: 0,
    unknownUserNames: 0,
    unknownEngineIds: 0,
    wrongDigests: 0,
    decryptionErrors: 0,
    internalErrors: 0,
  }
}

/** Datagrams that got no response, or a report instead. */
export function droppedPackets(counters: EngineCounters): number {
  const { inPackets: _in, outPackets: _out, inBadCommunityUses: _uses, ...failures } = counters
  return Object.values(failures).reduce((sum, count) => sum + count, 0)
}
