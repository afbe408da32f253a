import { declareKind } from '@spyglass/agent/contract'

/** The MBean whose operation `pull` hands out what a client's listeners have heard; the protocol fixes its name. */
export const notificationStoreKind = declareKind({
  name: 'notificationStore',
  domain: 'jolokia',
  type: 'NotificationStore',
  keys: ['agent'],
  description: 'Notifications held for clients to fetch.',
  metrics: false,
  attributes: {
    clients: { type: 'int', role: 'gauge', unit: '{client}', description: 'Clients currently registered for notifications.' },
    listeners: { type: 'int', role: 'gauge', unit: '{listener}', description: 'Listeners of all clients.' },
    streams: { type: 'int', role: 'gauge', unit: '{stream}', description: 'Event streams currently open.' },
  },
})
