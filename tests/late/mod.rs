mod lost;
mod scenarios;
mod truths;
