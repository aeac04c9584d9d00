mod lost;
mod scenarios;
mod seeds;
mod truths;
