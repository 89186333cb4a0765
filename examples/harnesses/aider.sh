#!/bin/sh
# aider (PyPI: aider-chat; tried with 0.86.2) as a harness `command`. The prompt comes on standard input, and what is in the
# current folder when this ends is the work. The model is told by disinto: docs/harnesses.md. aider calls no tools: it edits
# by what the model writes, and knows of a file only where the prompt names it or its map of the repository shows it.
set -eu
: "${OPENAI_BASE_URL:?set base_url in the bots section}"
export OPENAI_API_BASE="$OPENAI_BASE_URL"
settings="$HOME/aider"
mkdir -p "$settings"
cat > "$settings/prompt.md"
cat > "$settings/model.json" <<JSON
{
  "openai/$DISINTO_MODEL": {
    "max_input_tokens": ${DISINTO_CONTEXT:-131072},
    "max_output_tokens": ${DISINTO_OUTPUT_LIMIT:-16384},
    "input_cost_per_token": 0,
    "output_cost_per_token": 0,
    "litellm_provider": "openai",
    "mode": "chat"
  }
}
JSON
# Settings of its own, and none of the repository's; disinto makes the commit.
echo "analytics: false" > "$settings/none.yml"
aider --message-file "$settings/prompt.md" --model "openai/$DISINTO_MODEL" --config "$settings/none.yml" \
  --env-file "$settings/none.env" --model-metadata-file "$settings/model.json" \
  --input-history-file "$settings/input" --chat-history-file "$settings/chat.md" \
  --yes-always --no-auto-commits --no-dirty-commits --no-gitignore --no-show-model-warnings --no-check-update \
  --no-analytics --no-show-release-notes --no-detect-urls --no-suggest-shell-commands --no-pretty --no-stream < /dev/null
# Its cache of tags is not work.
rm -rf .aider.tags.cache.v*
