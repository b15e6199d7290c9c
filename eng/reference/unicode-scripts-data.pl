#!/usr/bin/env perl
# Writes src/QuantSuite.Models/Tokenization/Stages/UnicodeScriptsData.txt from Perl's tables (the Script property, UAX #24).
#
# Run:  perl eng/reference/unicode-scripts-data.pl > src/QuantSuite.Models/Tokenization/Stages/UnicodeScriptsData.txt
# One line per script: its name, then the code point ranges that have it. Only characters of Unicode 9.0, the version of Hugging Face
# tokenizers' UnicodeScripts (after SentencePiece's); what came later has no script there.
use strict;
use warnings;
use Unicode::UCD qw(charscripts);

# Four characters whose script was another in the reference's table.
my %moved = (0x589 => "Common", 0x61C => "Common", 0x953 => "Devanagari", 0x954 => "Devanagari");

my %scripts = %{ charscripts() };
push @{ $scripts{ $moved{$_} } }, [$_, $_] for keys %moved;
print "# Unicode 9.0: scripts; made by eng/reference/unicode-scripts-data.pl\n";
for my $name (sort keys %scripts) {
    next if $name eq "Unknown";
    my @ranges;
    for my $range (sort { $a->[0] <=> $b->[0] } @{ $scripts{$name} }) {
        for my $point ($range->[0] .. $range->[1]) {
            next if exists $moved{$point} && $moved{$point} ne $name;
            next unless chr($point) =~ /\p{Present_In: 9.0}/;
            if (@ranges && $ranges[-1][1] == $point - 1) { $ranges[-1][1] = $point }
            else { push @ranges, [$point, $point] }
        }
    }
    next unless @ranges;
    print "$name ", join(" ", map { $_->[0] == $_->[1] ? sprintf("%X", $_->[0]) : sprintf("%X-%X", @$_) } @ranges), "\n";
}
