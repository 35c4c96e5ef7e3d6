# Downloads a maildrop with Net::POP3 for perl.py, which knows the order of the arguments.
use strict;
use warnings;
use Authen::SASL qw(Perl);
use Net::POP3;

my ($host, $port, $mode, $ca, $store, $what, $mechanism, $user, $secret, $cert, $key) = @ARGV;
my %tls = (SSL_ca_file => $ca, SSL_verify_mode => 1);
%tls = (%tls, SSL_cert_file => $cert, SSL_key_file => $key) if $cert;
my $pop = Net::POP3->new($host, Port => $port, Timeout => 20, SSL => $mode eq 'tls' ? 1 : 0, %tls)
    or die "cannot connect: $@\n";
if ($mode eq 'stls') {
    $pop->starttls(%tls) or die 'STLS: ', $pop->message, "\n";
}
my $in =
    $mechanism eq 'USER' ? $pop->login($user, $secret)
    : $mechanism eq 'APOP' ? $pop->apop($user, $secret)
    : $mechanism eq 'ANY' ? $pop->auth($user, $secret)
    : $pop->auth(Authen::SASL->new(
        mechanism => $mechanism,
        callback  => { user => $user, pass => $secret, authname => $user },
    ));
$in or die "$mechanism: ", $pop->message, "\n";
my $list = $pop->list or die 'LIST: ', $pop->message, "\n";
for my $number (sort { $a <=> $b } keys %$list) {
    my $lines = $pop->get($number) or die "RETR $number: ", $pop->message, "\n";
    open my $file, '>:raw', "$store/$number" or die "$store/$number: $!\n";
    print $file @$lines;
    close $file or die "$store/$number: $!\n";
    if ($what eq 'delete') {
        $pop->delete($number) or die "DELE $number: ", $pop->message, "\n";
    }
}
$pop->quit or die 'QUIT: ', $pop->message, "\n";
