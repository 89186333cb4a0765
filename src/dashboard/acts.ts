/** What a person does from a page, done on the forge in that person's name by the same functions as the commands. */

export interface Actor {
  readonly login: string;
  /** One of the forge. */
  readonly token: string;
}

export interface IssuePlace {
  readonly project: string;
  readonly issue: number;
}

export interface ShownText {
  readonly title: string;
  readonly author: string;
  readonly body: string;
  /** Characters that are left out because nobody sees them. */
  readonly hidden: number;
  readonly pin: string;
}

/** Each answers what it did, in words. */
export interface Acts {
  /** Whose token it is; undefined: nobody's. */
  whoIs(token: string): Promise<string | undefined>;
  read(who: Actor, at: IssuePlace): Promise<ShownText>;
  approve(who: Actor, at: IssuePlace & { readonly pin: string }): Promise<string>;
  retry(who: Actor, at: IssuePlace): Promise<string>;
  release(who: Actor, at: IssuePlace): Promise<string>;
  block(who: Actor, at: IssuePlace): Promise<string>;
  /** One bot, or all of them. */
  pause(who: Actor, bot: string | undefined): Promise<string>;
  resume(who: Actor, bot: string | undefined): Promise<string>;
  file(who: Actor, issue: NewIssue): Promise<string>;
}

export interface NewIssue {
  readonly project: string;
  readonly title: string;
  readonly text: string;
  readonly isForBots: boolean;
}
