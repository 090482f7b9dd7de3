export interface Word {
  text: string;
  size: number;
}

export const word = (text: string): Word => ({ text: text.toUpperCase(), size: text.length });
