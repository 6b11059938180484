resource "tencentcloud_vpc" "main" {
  name       = "new"
  cidr_block = "10.0.0.0/16"
}
resource "tencentcloud_subnet" "main" {
  name              = "s"
  vpc_id            = tencentcloud_vpc.main.id
  availability_zone = "ap-guangzhou-4"
  cidr_block        = "10.0.1.0/24"
}
