resource "tencentcloud_vpc" "main" {
  name       = "main"
  cidr_block = "10.0.0.0/16"
  provisioner "local-exec" {
    command = "true ${self.id}"
  }
}

resource "tencentcloud_subnet" "main" {
  name              = "main"
  vpc_id            = tencentcloud_vpc.main.id
  availability_zone = "ap-guangzhou-3"
  cidr_block        = "10.0.1.0/24"
  provisioner "local-exec" {
    when    = destroy
    command = "true ${self.id}"
  }
}
