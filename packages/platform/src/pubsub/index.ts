export { openPublisher, type PublisherOptions } from './open-publisher.ts'
export { type KeyFailure, PublishError } from './publish-error.ts'
export type { OutgoingMessage, Publisher } from './publisher.ts'
