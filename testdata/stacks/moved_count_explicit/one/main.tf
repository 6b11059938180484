resource "terraform_data" "a" {
  input = 1
}
moved {
  from = terraform_data.a[1]
  to   = terraform_data.a
}
