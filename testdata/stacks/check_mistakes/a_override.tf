check "outside" {
}
