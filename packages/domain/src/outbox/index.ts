export { appendEvent, type NewEvent } from './append-event.ts'
export { buryEvent, countDeadLetters } from './dead-letter-queries.ts'
export { eventTypes, type DomainEvent, type EventType, type PayloadOf } from './domain-event.ts'
export { toMessage, topicOf, topics, type Producer } from './envelope.ts'
export {
  advanceCursor,
  fetchBatch,
  partitionsWaiting,
  type Batch,
  type CursorPosition,
  type OutboxRow,
  type WaitingRow,
} from './relay-queries.ts'
export {
  leaveRelay,
  partitionCount,
  releaseLease,
  renewLeases,
  seizeLeases,
  type Lease,
  type Relay,
} from './lease-queries.ts'
export { listParkedStreams, replayStream, type ParkedStream } from './replay-stream.ts'
export { countUnsent, deleteSent } from './upkeep-queries.ts'
