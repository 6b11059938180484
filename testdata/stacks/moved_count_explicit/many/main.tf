resource "terraform_data" "a" {
  input = count.index
  count = 2
}
