export { challengeKinds, type ChallengeKind } from './challenge-kinds.ts'
export type { Challenge, ChallengeFacts } from './challenge.ts'
export { browserBinding, fitsMailedDigits, mailedDigits, webAuthnBytes } from './derive.ts'
export { issueChallenge, type IssueChallenge, type IssuedChallenge } from './issue-challenge.ts'
export {
  challengeUsed,
  consumeChallenge,
  countWrongAnswer,
  deleteOldChallenges,
  forgetChallenges,
  mostWrongAnswers,
  usableChallenge,
  useChallenge,
  voidChallenges,
  voidChallengesOnDevice,
} from './queries.ts'
export { readChallenge, type PresentedChallenge } from './read-challenge.ts'
