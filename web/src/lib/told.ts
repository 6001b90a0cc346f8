// What an editor told its owner, and what comes back of it. The owner draws later than keys are pressed: a text that was told two keys ago is no wish to have it back.

export class Told {
  private texts: string[] = [];

  tell(text: string): void {
    this.texts.push(text);
  }

  /** Whether `value` is what was told and not more. It and what was told before it are forgotten; a value of the owner's own forgets all. */
  isEcho(value: string): boolean {
    const at = this.texts.lastIndexOf(value);
    this.texts = at < 0 ? [] : this.texts.slice(at + 1);
    return at >= 0;
  }
}
