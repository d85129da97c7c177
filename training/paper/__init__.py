"""The source's own protocol, reproduced as a labelled experiment: it leaks.

Published as "Speech Emotion Recognition with CNN-BiLSTM"
(https://github.com/lephuocloc1729/speech_emotion_recognition: 85.5 % for Model A, 71.7 for B, 68.7
for C), a report with a notebook.
What follows is what that notebook does, read from it, not what its text says:

- six versions are made of every clip *before* rows are split 80:20 at random, so that nearly every
  test row has a version of the same recording in training, and every speaker is on both sides;
- features are averages over the clip, so its BiLSTM runs over the 170 numbers, not over time;
- the learning rate, the stop and the reported epoch are all chosen by the test rows;
- no weight decay (its text says 1e-5), and no standardisation of the numbers.

Its figures say nothing about a speaker that the model has not heard.
"""

LABEL = "leaks: versions of one recording on both sides, epoch chosen by the reported rows"
