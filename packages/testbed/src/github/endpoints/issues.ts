import type { IssueState } from '../records.ts';
import { invalid, notFound } from '../refusal.ts';
import { type Call, type Endpoints, listed } from './endpoint.ts';

/** The longest body of an issue or comment that GitHub takes. */
const BODY_LIMIT = 65_536;

/** Issues and their comments. */
export const issueEndpoints: Endpoints = {
  'GET /repos/{owner}/{repo}/issues': {
    permission: 'issues',
    answer(call) {
      const { repository, query, shapes } = call;
      const state = query.get('state') ?? 'open';
      const labels = query.get('labels')?.split(',').filter(Boolean) ?? [];
      const found = [...repository.issues.values()]
        .filter((issue) => state === 'all' || issue.state === state)
        .filter((issue) => labels.every((label) => issue.labels.includes(label)))
        .reverse();
      return listed(call, found, (issue) => shapes.issue(repository, issue));
    },
  },

  'POST /repos/{owner}/{repo}/issues': {
    permission: 'issues',
    answer({ repository, body, token, shapes }) {
      checkLength('Issue', body.body);
      const issue = repository.addIssue({
        title: String(body.title),
        body: body.body,
        labels: labelsOf(body.labels),
        author: (token as NonNullable<typeof token>).as,
      });
      return { status: 201, body: shapes.issue(repository, issue) };
    },
  },

  'GET /repos/{owner}/{repo}/issues/{issue_number}': {
    permission: 'issues',
    answer: (call) => ({ status: 200, body: call.shapes.issue(call.repository, issueOf(call)) }),
  },

  'PATCH /repos/{owner}/{repo}/issues/{issue_number}': {
    permission: 'issues',
    answer(call) {
      const { repository, body, shapes, github } = call;
      const issue = issueOf(call);
      checkLength('Issue', body.body);
      if (body.title !== undefined && body.title !== null) issue.title = String(body.title);
      if (body.body !== undefined) issue.body = body.body;
      if (body.labels !== undefined) issue.labels = labelsOf(body.labels);
      if (body.state !== undefined) {
        issue.state = body.state;
        issue.stateReason = body.state_reason ?? (body.state === 'closed' ? 'completed' : 'reopened');
        issue.closedAt = body.state === 'closed' ? new Date(github.now()) : null;
      }
      return { status: 200, body: shapes.issue(repository, issue) };
    },
  },

  'GET /repos/{owner}/{repo}/issues/{issue_number}/comments': {
    permission: 'issues',
    answer(call) {
      const issue = issueOf(call);
      return listed(call, issue.comments, (comment) => call.shapes.comment(call.repository, issue, comment));
    },
  },

  'POST /repos/{owner}/{repo}/issues/{issue_number}/comments': {
    permission: 'issues',
    answer(call) {
      const { repository, body, token, shapes, github } = call;
      const issue = issueOf(call);
      checkLength('IssueComment', body.body);
      const author = (token as NonNullable<typeof token>).as;
      const comment = { id: github.nextId(), body: body.body, author, createdAt: new Date(github.now()) };
      issue.comments.push(comment);
      return { status: 201, body: shapes.comment(repository, issue, comment) };
    },
  },
};

function checkLength(resource: string, body: unknown): void {
  if (typeof body !== 'string' || body.length <= BODY_LIMIT) return;
  const message = `body is too long (maximum is ${BODY_LIMIT} characters)`;
  throw invalid({ resource, code: 'custom', field: 'body', message });
}

function labelsOf(labels: (string | { name?: string })[] = []): string[] {
  return labels.map((label) => (typeof label === 'string' ? label : (label.name ?? '')));
}

function issueOf({ repository, params }: Call): IssueState {
  const issue = repository.issues.get(Number(params.issue_number));
  if (!issue) throw notFound();
  return issue;
}
