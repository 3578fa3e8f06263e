export { eraseOnRequest } from './erase-on-request.ts'
export { exportOnRequest } from './export-on-request.ts'
export { followGrantedMembership, followRevokedMembership } from './follow-membership.ts'
export { followCreatedTenant, followRenamedTenant, followTenantStatus } from './follow-tenant.ts'
export { deleteOldReceived } from './queries.ts'
export type { Reception } from './receive-event.ts'
export {
  inboxDeadLetterSubscription,
  inboxDeadLetterTopic,
  inboxSubscriptions,
  inboxTopicOf,
} from './topics.ts'
export type { ReceivedEvent } from './received-event.ts'
