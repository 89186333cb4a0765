/**
 * The hook that guards every push. It is plain POSIX sh, so a push starts no second runtime; what it may not know
 * (who pushes, the rules) comes in its environment, decided by the server before git starts. A refusal of one ref ends
 * the whole push, as Forgejo's does (routers/private/hook_pre_receive.go).
 */
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { anyCaseSource, filePatterns, globSource, isPattern } from "../../core/glob.ts";
import { mayPush, type Protection } from "../branches/protections.ts";
import type { AccessLevel } from "../repositories/permission.ts";
import { allows } from "../repositories/permission.ts";
import type { RepositoryRow, UserRow } from "../store/rows.ts";

const script = String.raw`#!/bin/sh
# Reads "<old> <new> <ref>" lines; refuses by a message and exit 1.
zero=0000000000000000000000000000000000000000
empty=4b825dc642cb6eb9a060e54bf8d69288fbee4904

refuse() {
  echo "Forgejo: $1" >&2
  exit 1
}

changed() {
  if [ "$1" = "$zero" ]; then set -- "$empty" "$2"; fi
  # Without -z git quotes a name with a quotation mark, and no pattern of the folder's would match it.
  git diff --name-only --no-renames -z "$1" "$2" | tr '\n\000' '?\n' | tr '[:upper:]' '[:lower:]'
}

# The rule's number, old, new, branch.
check_protected() {
  [ "$3" != "$zero" ] || refuse "branch $4 is protected from deletion"
  if [ "$2" != "$zero" ] && [ -n "$(git rev-list --max-count=1 "$2" "^$3")" ]; then
    refuse "branch $4 is protected from force push"
  fi
  eval "files=\$DISINTO_RULE_$1_FILES"
  eval "open=\$DISINTO_RULE_$1_OPEN"
  eval "push=\$DISINTO_RULE_$1_PUSH"
  if [ -n "$files" ]; then
    file=$(changed "$2" "$3" | LC_ALL=C grep -E -m 1 -- "$files")
    [ -z "$file" ] || refuse "branch $4 is protected from changing file $file"
  fi
  [ "$push" != 1 ] || return 0
  if [ -n "$open" ] && [ -z "$(changed "$2" "$3" | LC_ALL=C grep -E -v -- "$open")" ]; then return 0; fi
  refuse "Not allowed to push to protected branch $4"
}

# A name that would be taken for a commit, or for another ref.
check_name() {
  if printf '%s\n' "$2" | grep -E -i -q '^([0-9a-f]{40}|[0-9a-f]{64}|HEAD|(refs|heads|tags)/.*)$'; then
    refuse "$1 would be taken for something else"
  fi
  if [ "$1" = "refs/tags/$DISINTO_DEFAULT_BRANCH" ]; then
    refuse "$1 would be taken for the branch $DISINTO_DEFAULT_BRANCH"
  fi
}

[ "$DISINTO_MAY_WRITE" = 1 ] || refuse "User permission denied for writing."

# awk puts the number of the first rule that applies before each line, 0 for none.
awk '
  BEGIN { count = split(ENVIRON["DISINTO_RULES"], rules, "\n") }
  {
    rule = 0
    ref = substr($0, 83)
    if (substr(ref, 1, 11) == "refs/heads/") {
      branch = substr(ref, 12)
      for (i = 1; i <= count && rule == 0; i++) if (branch ~ rules[i]) rule = i
    }
    print rule, $0
  }' | {
  while read -r rule old new ref; do
    case $ref in
      refs/heads/*) name=${"$"}{ref#refs/heads/} ;;
      refs/tags/*) name=${"$"}{ref#refs/tags/} ;;
      refs/disinto/*) name= ;;
      *) refuse "$ref is kept by the forge; what can be pushed is refs/heads, refs/tags and refs/disinto" ;;
    esac
    [ "$new" = "$zero" ] || check_name "$ref" "$name"
    if [ "$new" = "$zero" ] && [ "$ref" = "refs/heads/$DISINTO_DEFAULT_BRANCH" ]; then
      refuse "branch $DISINTO_DEFAULT_BRANCH is the default branch and cannot be deleted"
    fi
    [ "$rule" = 0 ] || check_protected "$rule" "$old" "$new" "${"$"}{ref#refs/heads/}"
    case $ref in refs/heads/*) echo "$new $REMOTE_USER $ref" >> pushers ;; esac
  done
}
`;

export async function installHook(folder: string): Promise<void> {
  const hooks = join(folder, "hooks");
  await mkdir(hooks, { recursive: true });
  const file = join(hooks, "pre-receive");
  await writeFile(file, script);
  await chmod(file, 0o755);
}

export interface Pusher {
  readonly user: UserRow;
  readonly access: AccessLevel;
}

/** What the hook needs to know about this pusher and this repository. */
export function pushEnvironment(
  repository: RepositoryRow,
  protections: readonly Protection[],
  pusher: Pusher,
): Record<string, string> {
  const rules = protections.map(({ rule }) => `^(${ruleSource(rule)})$`);
  const details = protections.flatMap((protection, index) => [
    [`DISINTO_RULE_${index + 1}_PUSH`, mayPush(protection, pusher) ? "1" : "0"] as const,
    [`DISINTO_RULE_${index + 1}_FILES`, filesSource(protection.protected_file_patterns)] as const,
    [`DISINTO_RULE_${index + 1}_OPEN`, filesSource(protection.unprotected_file_patterns)] as const,
  ]);
  return {
    DISINTO_MAY_WRITE: allows(pusher.access, "write") ? "1" : "0",
    DISINTO_DEFAULT_BRANCH: repository.default_branch,
    DISINTO_RULES: rules.join("\n"),
    ...Object.fromEntries(details),
  };
}

function ruleSource(rule: string): string {
  return isPattern(rule) ? globSource(rule, "/") : anyCaseSource(rule);
}

function filesSource(list: string): string {
  const sources = filePatterns(list).map((pattern) => globSource(pattern, "./"));
  return sources.length === 0 ? "" : `^(${sources.join("|")})$`;
}
